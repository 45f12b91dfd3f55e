// Runs against the server at GRAPNEL_URL (its /graphql endpoint), with
// introspection on: the audits send __type queries.
//
//   npm ci && GRAPNEL_URL=http://127.0.0.1:8080/graphql npm test
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.env.GRAPNEL_URL;
assert.ok(url, 'set GRAPNEL_URL to the endpoint of a running server');
const socketURL = url.replace(/^http/, 'ws');

for (const audit of serverAudits({ url, fetchFn: fetch })) {
  test(audit.name, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', `${audit.id}: ${result.reason ?? ''}`);
  });
}

test('an Int has 32 bits and is no text', async () => {
  const query = 'mutation($n:Int){deletePost(input:{id:"post_x",expectedVersion:$n}){deletedId}}';
  for (const body of [
    { query: query.replace('($n:Int)', '').replace('$n', '2147483648') },
    { query, variables: { n: 2147483648 } },
    { query, variables: { n: '5' } },
  ]) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { errors } = await response.json();
    assert.equal(errors?.[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED', JSON.stringify(errors));
  }
});

// client is a graphql-ws client that reports how its socket was closed.
function client(options = {}) {
  let closed;
  const code = new Promise((resolve) => (closed = resolve));
  const c = createClient({
    url: socketURL,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    on: { closed: (event) => closed(event.code) },
    ...options,
  });
  return { client: c, code };
}

function run(c, query) {
  return new Promise((resolve, reject) => {
    const results = [];
    c.subscribe({ query }, { next: (r) => results.push(r), error: reject, complete: () => resolve(results) });
  });
}

test('graphql-ws: a query gives one result and completes', async () => {
  const { client: c } = client();
  const results = await run(c, '{__typename}');
  assert.deepEqual(results, [{ data: { __typename: 'Query' } }]);
  await c.dispose();
});

test('graphql-ws: a request error ends the operation, not the socket', async () => {
  const { client: c } = client({ lazyCloseTimeout: 5000 });
  await assert.rejects(run(c, '{nope}'), (errors) => errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED');
  assert.equal((await run(c, '{__typename}')).length, 1);
  await c.dispose();
});

test('graphql-ws: a subscription is stopped by its client', async () => {
  const { client: c } = client();
  const iterator = c.iterate({ query: 'subscription{postChanged{__typename}}' });
  const next = iterator.next();
  await run(c, '{__typename}');
  await iterator.return();
  assert.equal((await next).done, true);
  await c.dispose();
});

test('graphql-ws: a bad token is refused with 4403 and the client does not hang', async () => {
  const { client: c, code } = client({ connectionParams: { Authorization: 'Bearer bad' } });
  await assert.rejects(run(c, '{__typename}'));
  assert.equal(await code, 4403);
});

test('graphql-ws: keep-alive pings are answered', async () => {
  let pongs = 0;
  const { client: c } = client({ keepAlive: 50, lazy: false, on: { pong: (received) => received && pongs++ } });
  const deadline = Date.now() + 5000;
  while (pongs < 2 && Date.now() < deadline) await new Promise((r) => setTimeout(r, 20));
  assert.ok(pongs >= 2, 'no pong came');
  await c.dispose();
});
