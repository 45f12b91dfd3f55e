// The audits of graphql-http, which send __type queries: introspection must be on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { url } from './grapnel.js';

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
    assert.equal(errors?.[0].extensions.code, body.variables ? 'BAD_USER_INPUT' : 'GRAPHQL_VALIDATION_FAILED', JSON.stringify(errors));
  }
});
