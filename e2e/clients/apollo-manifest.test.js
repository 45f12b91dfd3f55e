// Apollo Client with a manifest of its own tool, on a server that runs nothing else.
import assert from 'node:assert/strict'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists'
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import * as app from './apollo-manifest/operations.js'
import { account, folder, heard, recorder, run, serve, unique } from './grapnel.js'

let work, server, input, token
before(async () => {
  work = await folder()
  await cp(join(import.meta.dirname, 'apollo-manifest'), join(work.path, 'src'), { recursive: true })
  await run(join('node_modules/.bin/generate-persisted-query-manifest'), [], { cwd: work.path })
  server = await serve(work.path, 'persisted-query-manifest.json')
  input = account()
  const { data } = await connect().client.mutate({ mutation: app.signUp, variables: { input } })
  token = data.signUp.tokens.accessToken
})
after(async () => {
  server?.stop()
  await work?.remove()
})

const persisted = options => new PersistedQueryLink({
  ...generatePersistedQueryIdsFromManifest({
    loadManifest: async () => JSON.parse(await readFile(join(work.path, 'persisted-query-manifest.json'), 'utf8')),
  }),
  ...options,
})

function connect({ Http = HttpLink, ...options } = {}) {
  const { fetch, calls } = recorder()
  const headers = { 'GraphQL-Require-Preflight': '1', ...(token && { authorization: `Bearer ${token}` }) }
  const link = ApolloLink.from([persisted(options), new Http({ uri: server.url, fetch, headers })])
  return { client: new ApolloClient({ link, cache: new InMemoryCache() }), calls }
}

test('the manifest holds each operation once', async () => {
  const { operations } = JSON.parse(await readFile(join(work.path, 'persisted-query-manifest.json'), 'utf8'))
  assert.deepEqual(operations.map(o => o.name), ['Changed', 'Create', 'Page', 'SignUp', 'Upload'])
})

for (const method of ['POST', 'GET']) {
  test(`a mutation, and a query by ${method}, by their ids`, async () => {
    const tag = unique()
    const { client, calls } = connect({ useGETForHashedQueries: method === 'GET' })
    await client.mutate({ mutation: app.create, variables: { input: { title: 'Made', tags: [tag] } } })
    const { data } = await client.query({ query: app.page, variables: { tag } })
    assert.equal(data.posts.totalCount, 1)
    assert.equal(data.posts.edges[0].node.author.username, input.username)
    assert.deepEqual(calls.map(c => [c.method, c.status, 'query' in c.sent]), [['POST', 200, false], [method, 200, false]])
  })
}

test('an error tells its code', async () => {
  await assert.rejects(connect().client.mutate({ mutation: app.create, variables: { input: { title: '' } } }), error => {
    assert.ok(CombinedGraphQLErrors.is(error), String(error))
    assert.equal(error.errors[0].extensions.code, 'BAD_USER_INPUT')
    return true
  })
})

test('a file goes up', async () => {
  const { client } = connect({ Http: UploadHttpLink })
  const { data } = await client.mutate({ mutation: app.upload, variables: { file: new File(['A line.\n'], 'lines.txt') } })
  assert.deepEqual(data.uploadAsset.asset, { __typename: 'Asset', filename: 'lines.txt', size: 8 })
})

test('a subscription over GraphQLWsLink', async () => {
  const sockets = createClient({
    url: server.url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${token}` },
  })
  const client = new ApolloClient({ link: ApolloLink.from([persisted(), new GraphQLWsLink(sockets)]), cache: new InMemoryCache() })
  const tag = unique()
  let subscription
  const event = new Promise((next, error) => {
    subscription = client.subscribe({ query: app.changed, variables: { tag } }).subscribe({ next, error })
  })
  const write = () => connect().client.mutate({ mutation: app.create, variables: { input: { title: 'News', tags: [tag] } } })
  const { data } = await heard(event, write)
  subscription.unsubscribe()
  await sockets.dispose()
  assert.equal(data.postChanged.kind, 'ADDED')
  assert.equal(data.postChanged.post.title, 'News')
})

test('nothing else runs', async () => {
  const response = await fetch(server.url, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: '{ __typename }' }),
  })
  const { errors } = await response.json()
  assert.deepEqual(errors.map(e => e.extensions.code), ['DOCUMENT_NOT_TRUSTED'])
  await assert.rejects(connect().client.query({ query: gql`query Unlisted { viewer { id } }` }), /Unlisted not found in manifest/)
})
