// graphql-hooks: the client that its hooks use, with its defaults.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { author, draft, heard, publishMany, socketURL, unique, url } from './grapnel.js'

const require = createRequire(import.meta.url)
const { GraphQLClient } = require('graphql-hooks')
const { APQMiddleware } = require('graphql-hooks/lib/middlewares/apqMiddleware')

let who, tag
before(async () => {
  who = await author()
  tag = unique()
  await publishMany(who, 3, tag)
})

const connect = options => new GraphQLClient({ url, logErrors: false, ...options })
const signedIn = options => connect({ headers: { Authorization: `Bearer ${who.token}`, 'GraphQL-Require-Preflight': '1' }, ...options })
const page = 'query ($tag: String!) { posts(first: 2, where: { tags: { has: $tag } }) { totalCount nodes { title author { email } } } }'
const create = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { title status } } }'

test('a page of a connection', async () => {
  const { data, error } = await connect().request({ query: page, variables: { tag } })
  assert.equal(error, undefined)
  assert.deepEqual(data.posts, { totalCount: 3, nodes: [3, 2].map(n => ({ title: `${tag} ${n}`, author: { email: null } })) })
})

test('a mutation', async () => {
  const { data, error } = await signedIn().request({ query: create, variables: { input: { title: 'Made' } } })
  assert.equal(error, undefined)
  assert.deepEqual(data.createPost.post, { title: 'Made', status: 'DRAFT' })
})

for (const [what, code, ask] of [
  ['a query that does not fit', 'GRAPHQL_VALIDATION_FAILED', () => connect().request({ query: '{ nope }' })],
  ['a visitor', 'UNAUTHENTICATED', () => connect().request({ query: create, variables: { input: { title: 'x' } } })],
  ['a field', 'BAD_USER_INPUT', () => signedIn().request({ query: create, variables: { input: { title: '' } } })],
]) {
  test(`the error of ${what} has its code`, async () => {
    const { error } = await ask()
    assert.deepEqual(error.graphQLErrors.map(e => e.extensions.code), [code])
  })
}

// A status that tells of an error is the network's for this client.
test('the error of a session that has ended has its code in the body', async () => {
  const { error } = await connect({ headers: { Authorization: 'Bearer ended' } }).request({ query: '{ viewer { id } }' })
  assert.equal(error.httpError.status, 401)
  assert.equal(JSON.parse(error.httpError.body).errors[0].extensions.code, 'UNAUTHENTICATED')
})

test('a file goes up', async () => {
  const { data, error } = await signedIn().request({
    query: 'mutation ($file: Upload!) { uploadAsset(input: { file: $file }) { asset { filename size } } }',
    variables: { file: new File(['A line.\n'], 'lines.txt') },
  })
  assert.equal(error, undefined)
  assert.deepEqual(data.uploadAsset.asset, { filename: 'lines.txt', size: 8 })
})

test('an automatic persisted query: its hash by GET, then the document, then its hash', async () => {
  const methods = []
  const client = connect({
    middleware: [APQMiddleware],
    fetch: (target, options) => { methods.push(options.method); return fetch(target, options) },
  })
  const query = `query ($tag: String!) { ${unique()}: posts(where: { tags: { has: $tag } }) { totalCount } }`
  for (let n = 1; n <= 2; n++) {
    const { data } = await client.request({ query, variables: { tag } })
    assert.deepEqual(Object.values(data), [{ totalCount: 3 }])
  }
  assert.deepEqual(methods, ['GET', 'POST', 'GET'])
})

test('a subscription through graphql-ws', async () => {
  const sockets = createClient({ url: socketURL, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${who.token}` } })
  const news = unique()
  const event = new Promise((next, error) => connect({ subscriptionClient: sockets }).createSubscription({
    query: 'subscription ($tag: String!) { postChanged(where: { tags: { has: $tag } }) { kind post { title status } } }',
    variables: { tag: news },
  }).subscribe({ next, error, complete() {} }))
  const { data } = await heard(event, () => draft(who, { title: 'News', tags: [news] }))
  await sockets.dispose()
  assert.deepEqual(data.postChanged, { kind: 'ADDED', post: { title: 'News', status: 'DRAFT' } })
})
