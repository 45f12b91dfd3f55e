// graphql-ws, the client that the protocol comes from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createPost, expiring, signUp, socketURL, until } from './grapnel.js';

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

test('graphql-ws: a socket is closed when its token expires, and its client goes on with a new one', async () => {
  const token = await signUp();
  const tokens = [expiring(token, 2), token];
  const codes = [];
  let attempts = 0, connected = 0;
  const { client: c } = client({
    retryAttempts: 5,
    retryWait: async () => {},
    connectionParams: () => ({ Authorization: `Bearer ${tokens[Math.min(attempts++, 1)]}` }),
    on: { closed: (event) => codes.push(event.code), connected: () => connected++ },
  });
  const titles = [], faults = [];
  c.subscribe(
    { query: 'subscription { postChanged { post { title } } }' },
    { next: ({ data }) => titles.push(data.postChanged.post.title), error: (e) => faults.push(e), complete() {} },
  );
  await until(() => connected === 2, 'a second connection');
  assert.deepEqual(codes, [4403]);
  await until(async () => {
    await createPost(`after ${titles.length}`, token); // the subscription may not run yet
    return titles.length > 0;
  }, 'an event on the second connection');
  assert.deepEqual(faults, []);
  await c.dispose();
});
