// villus, with its defaults and its plugins for files and subscriptions.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { multipart } from '@villus/multipart'
import { createClient as createSockets } from 'graphql-ws'
import { createClient, defaultPlugins, definePlugin, handleSubscriptions } from 'villus'
import WebSocket from 'ws'
import { author, heard, draft, publishMany, socketURL, unique, url } from './grapnel.js'

let who, tag
before(async () => {
  who = await author()
  tag = unique()
  await publishMany(who, 3, tag)
})

const bearer = () => definePlugin(({ opContext }) => {
  Object.assign(opContext.headers, { Authorization: `Bearer ${who.token}`, 'GraphQL-Require-Preflight': '1' })
})
const visitor = () => createClient({ url })
const signedIn = (...plugins) => createClient({ url, use: [bearer(), ...plugins, ...defaultPlugins()] })
const create = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { title status createdAt } } }'

test('a page of a connection', async () => {
  const { data, error } = await visitor().executeQuery({
    query: `query ($tag: String!, $after: String) { posts(first: 2, after: $after, where: { tags: { has: $tag } }) {
      totalCount pageInfo { hasNextPage } nodes { title author { email } }
    } }`,
    variables: { tag, after: null },
  })
  assert.equal(error, null)
  assert.deepEqual(data.posts, {
    totalCount: 3, pageInfo: { hasNextPage: true }, nodes: [3, 2].map(n => ({ title: `${tag} ${n}`, author: { email: null } })),
  })
})

test('a mutation', async () => {
  const { data, error } = await signedIn().executeMutation({ query: create, variables: { input: { title: 'Made', tags: null } } })
  assert.equal(error, null)
  const { title, status, createdAt } = data.createPost.post
  assert.deepEqual([title, status, new Date(createdAt).toISOString()], ['Made', 'DRAFT', createdAt])
})

for (const [what, code, ask] of [
  ['a query that does not fit', 'GRAPHQL_VALIDATION_FAILED', () => visitor().executeQuery({ query: '{ nope }' })],
  ['a visitor', 'UNAUTHENTICATED', () => visitor().executeMutation({ query: create, variables: { input: { title: 'x' } } })],
  ['a field', 'BAD_USER_INPUT', () => signedIn().executeMutation({ query: create, variables: { input: { title: '' } } })],
]) {
  test(`the error of ${what} has its code`, async () => {
    const { error } = await ask()
    assert.equal(error.networkError, undefined)
    assert.deepEqual(error.graphqlErrors.map(e => e.extensions.code), [code])
  })
}

test('a file goes up', async () => {
  const { data, error } = await signedIn(multipart()).executeMutation({
    query: 'mutation ($file: Upload!) { uploadAsset(input: { file: $file }) { asset { filename size } } }',
    variables: { file: new File(['A line.\n'], 'lines.txt') },
  })
  assert.equal(error, null)
  assert.deepEqual(data.uploadAsset.asset, { filename: 'lines.txt', size: 8 })
})

test('a subscription through graphql-ws', async () => {
  const sockets = createSockets({ url: socketURL, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${who.token}` } })
  const client = signedIn(handleSubscriptions(({ query, variables }) => ({
    subscribe: observer => ({ unsubscribe: sockets.subscribe({ query, variables }, observer) }),
  })))
  const news = unique()
  const observable = await client.executeSubscription({
    query: 'subscription ($tag: String!) { postChanged(where: { tags: { has: $tag } }) { kind post { title status } } }',
    variables: { tag: news },
  })
  const event = new Promise((next, error) => observable.subscribe({ next, error, complete() {} }))
  const { data } = await heard(event, () => draft(who, { title: 'News', tags: [news] }))
  await sockets.dispose()
  assert.deepEqual(data.postChanged, { kind: 'ADDED', post: { title: 'News', status: 'DRAFT' } })
})
