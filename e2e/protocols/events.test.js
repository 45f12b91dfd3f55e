// graphql-sse, the client that the protocol comes from, in distinct connections mode.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { createPost, expiring, signUp, until, url } from './grapnel.js';

const changes = 'subscription { postChanged { post { title } } }';

// run takes all results of an operation.
function run(c, query) {
  return new Promise((resolve, reject) => {
    const results = [];
    c.subscribe({ query }, { next: (r) => results.push(r), error: reject, complete: () => resolve(results) });
  });
}

test('graphql-sse: a query gives one result and completes', async () => {
  const c = createClient({ url });
  assert.deepEqual(await run(c, '{__typename}'), [{ data: { __typename: 'Query' } }]);
});

test('graphql-sse: a refused document is a result with errors', async () => {
  const c = createClient({ url, retryAttempts: 0 });
  const results = await run(c, '{nope}');
  assert.equal(results.length, 1);
  assert.equal(results[0].errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  assert.ok(!('data' in results[0]));
});

test('graphql-sse: events arrive while they happen, and the stream ends with its client', async () => {
  const token = await signUp();
  const c = createClient({ url, headers: { authorization: `Bearer ${token}` } });
  const titles = [];
  const stop = c.subscribe(
    { query: changes },
    { next: ({ data }) => titles.push(data.postChanged.post.title), error: assert.ifError, complete() {} },
  );
  await until(async () => {
    await createPost(`event ${titles.length}`, token);
    return titles.length > 1;
  }, 'two events');
  assert.deepEqual(titles.slice(0, 2).map((t) => t.startsWith('event ')), [true, true]);
  stop();
});

test('graphql-sse: a stream is cut off when its token expires, and its client goes on with a new one', async () => {
  const token = await signUp();
  const tokens = [expiring(token, 2), token];
  let attempts = 0, connected = 0;
  const c = createClient({
    url,
    retryAttempts: 5,
    retry: async () => {},
    headers: () => ({ authorization: `Bearer ${tokens[Math.min(attempts++, 1)]}` }),
    on: { connected: () => connected++ },
  });
  const titles = [], faults = [];
  const stop = c.subscribe(
    { query: changes },
    { next: ({ data }) => titles.push(data.postChanged.post.title), error: (e) => faults.push(e), complete: () => faults.push('complete') },
  );
  await until(() => connected === 2, 'a second connection');
  await until(async () => {
    await createPost(`after ${titles.length}`, token);
    return titles.length > 0;
  }, 'an event on the second connection');
  assert.deepEqual(faults, []);
  stop();
});

test('graphql-sse: a token that is not good is 401, which a client can tell without reading', async () => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: 'Bearer bad' },
    body: JSON.stringify({ query: changes }),
  });
  assert.equal(response.status, 401);
  assert.equal((await response.json()).errors[0].extensions.code, 'UNAUTHENTICATED');
});
