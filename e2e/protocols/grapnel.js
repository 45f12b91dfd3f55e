// What the tests know of the server at GRAPNEL_URL (its /graphql endpoint), where
// strangers may sign up:
//
//   npm ci && GRAPNEL_URL=http://127.0.0.1:8080/graphql GRAPNEL_TOKEN_KEY=… npm test
//
// GRAPNEL_TOKEN_KEY is the one that the server was started with: by it the tests
// make tokens that expire soon.
import assert from 'node:assert/strict';
import { createHmac, hkdfSync, randomUUID } from 'node:crypto';

export const url = process.env.GRAPNEL_URL;
assert.ok(url, 'set GRAPNEL_URL to the endpoint of a running server');
export const socketURL = url.replace(/^http/, 'ws');

// post sends one operation and returns its data.
export async function post(query, variables, token) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

// signUp makes an account and returns its access token.
export async function signUp() {
  const username = `u${randomUUID().slice(0, 12)}`;
  const data = await post(
    'mutation($input: SignUpInput!) { signUp(input: $input) { tokens { accessToken } } }',
    { input: { username, email: `${username}@example.org`, password: 'correct horse battery' } },
  );
  return data.signUp.tokens.accessToken;
}

// createPost makes a draft, which its author alone sees.
export async function createPost(title, token) {
  await post('mutation($title: String!) { createPost(input: { title: $title, body: "x" }) { post { id } } }', { title }, token);
}

// expiring is the token with an earlier end.
export function expiring(token, seconds) {
  const key = process.env.GRAPNEL_TOKEN_KEY;
  assert.ok(key, 'set GRAPNEL_TOKEN_KEY to the key of the server');
  const [head, claims] = token.split('.');
  const soon = { ...JSON.parse(Buffer.from(claims, 'base64url')), exp: Math.floor(Date.now() / 1000) + seconds };
  const signed = `${head}.${Buffer.from(JSON.stringify(soon)).toString('base64url')}`;
  const access = Buffer.from(hkdfSync('sha256', key, '', 'grapnel/access', 32));
  return `${signed}.${createHmac('sha256', access).update(signed).digest('base64url')}`;
}

// until waits for a condition.
export async function until(is, what) {
  for (let i = 0; i < 500; i++) {
    if (await is()) return;
    await new Promise((r) => setTimeout(r, 20));
  }
  assert.fail(`not in time: ${what}`);
}
