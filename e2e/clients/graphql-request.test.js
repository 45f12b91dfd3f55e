// graphql-request: one operation, one request.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ClientError, GraphQLClient, batchRequests, gql, rawRequest, request } from 'graphql-request'
import { author, publish, unique, url } from './grapnel.js'

let who, id
const title = `A post ${unique()}`
before(async () => {
  who = await author()
  id = await publish(who, { title })
})
const bearer = () => ({ authorization: `Bearer ${who.token}` })

test('a query with variables', async () => {
  const data = await request(url, gql`query ($id: ID!) { post(id: $id) { id title author { username } } }`, { id })
  assert.deepEqual(data, { post: { id, title, author: { username: who.username } } })
})

test('a query by GET', async () => {
  const client = new GraphQLClient(url, { method: 'GET', jsonSerializer: JSON })
  assert.deepEqual(await client.request('query ($id: ID!) { post(id: $id) { title } }', { id }), { post: { title } })
})

test('headers are read: the bearer is the viewer', async () => {
  const query = '{ viewer { username } }'
  assert.deepEqual(await request(url, query), { viewer: null })
  assert.deepEqual(await request(url, query, undefined, bearer()), { viewer: { username: who.username } })
})

test('rawRequest shows status and headers', async () => {
  const { status, headers, data } = await rawRequest(url, '{ __typename }')
  assert.equal(status, 200)
  assert.match(headers.get('content-type'), /^application\/graphql-response\+json/)
  assert.deepEqual(data, { __typename: 'Query' })
})

for (const [what, status, code, query, variables] of [
  ['that does not fit the schema', 400, 'GRAPHQL_VALIDATION_FAILED', '{ nope }'],
  ['whose variable is missing', 400, 'BAD_USER_INPUT', 'query ($id: ID!) { node(id: $id) { id } }', {}],
  ['for nothing', 200, 'NOT_FOUND', '{ node(id: "post_x") { id } }'],
  ['that signs in with a wrong password', 200, 'INVALID_CREDENTIALS', 'mutation { signIn(input: { email: "nobody@example.org", password: "wrong" }) { viewer { id } } }'],
  ['of a visitor', 200, 'UNAUTHENTICATED', 'mutation { createPost(input: { title: "x" }) { post { id } } }'],
]) {
  test(`a ClientError tells the code of an operation ${what}`, async () => {
    await assert.rejects(request(url, query, variables), error => {
      assert.ok(error instanceof ClientError)
      assert.equal(error.response.status, status)
      assert.deepEqual(error.response.errors.map(e => e.extensions.code), [code])
      return true
    })
  })
}

test('errorPolicy all gives data and errors', async () => {
  const client = new GraphQLClient(url, { errorPolicy: 'all' })
  const { data, errors, extensions } = await client.rawRequest('{ node(id: "post_x") { id } users(first: 1) { nodes { email } } }')
  assert.equal(data.node, null)
  assert.deepEqual(errors.map(e => [e.path.join('.'), e.extensions.code]), [['node', 'NOT_FOUND']])
  assert.deepEqual(extensions.withheld, [['users', 'nodes', 0, 'email']])
})

// Each operation has its own limits, so there are no batches.
test('a batch is refused with a clear error', async () => {
  await assert.rejects(batchRequests(url, [{ document: '{ __typename }' }, { document: '{ __typename }' }]), error => {
    assert.ok(error instanceof ClientError)
    assert.equal(error.response.status, 400)
    assert.equal(error.response.errors[0].extensions.code, 'BAD_USER_INPUT')
    assert.match(error.response.errors[0].message, /must be a JSON object/)
    return true
  })
})
