// urql, with its defaults: queries go by GET while the address is short enough.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { CombinedError, Client, fetchExchange, gql, subscriptionExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { getIntrospectionQuery } from 'graphql'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { author, graphql, heard, publish, publishMany, recorder, socketURL, unique, until, url } from './grapnel.js'

let who, tag, ids
before(async () => {
  who = await author()
  tag = unique()
  ids = await publishMany(who, 5, tag)
})

function connect({ token, exchanges = [], ...options } = {}) {
  const { fetch, calls } = recorder()
  const client = new Client({
    url, fetch,
    fetchOptions: () => ({ headers: token ? { authorization: `Bearer ${token}` } : {} }),
    exchanges: [...exchanges, fetchExchange],
    ...options,
  })
  return { client, calls }
}

const title = gql`query Title($id: ID!) { post(id: $id) { title } }`
const rename = gql`mutation Rename($id: ID!, $title: String!) {
  updatePost(input: { id: $id, title: $title }) { post { id title } }
}`

for (const [what, options] of [
  ['by default', {}],
  ['with preferGetMethod true', { preferGetMethod: true }],
  ["with preferGetMethod 'within-url-limit'", { preferGetMethod: 'within-url-limit' }],
  ["with preferGetMethod 'force'", { preferGetMethod: 'force' }],
]) {
  test(`a query with variables goes by GET ${what}`, async () => {
    const { client, calls } = connect(options)
    const { data, error } = await client.query(title, { id: ids[0] })
    assert.equal(error, undefined)
    assert.deepEqual(data, { post: { title: `${tag} 1` } })
    assert.deepEqual(calls.map(c => [c.method, c.status]), [['GET', 200]])
    assert.deepEqual(JSON.parse(calls[0].sent.variables), { id: ids[0] })
  })
}

test('a query by POST', async () => {
  const { client, calls } = connect({ preferGetMethod: false })
  const { data } = await client.query(title, { id: ids[0] })
  assert.equal(data.post.title, `${tag} 1`)
  assert.deepEqual(calls.map(c => c.method), ['POST'])
})

const search = gql`query Search($words: [String!]) { posts(where: { tags: { hasSome: $words } }) { totalCount } }`
const words = () => [tag, ...Array.from({ length: 99 }, (_, n) => `${n} words for a long address`)]

test('a long query goes by POST', async () => {
  const { client, calls } = connect()
  const { data } = await client.query(search, { words: words() })
  assert.equal(data.posts.totalCount, 5)
  assert.deepEqual(calls.map(c => c.method), ['POST'])
})

test('a long query goes by GET all the same when forced', async () => {
  const { client, calls } = connect({ preferGetMethod: 'force' })
  const { data } = await client.query(search, { words: words() })
  assert.equal(data.posts.totalCount, 5)
  assert.deepEqual(calls.map(c => c.method), ['GET'])
})

test('a mutation goes by POST', async () => {
  const id = await publish(who, { title: 'Before' })
  const { client, calls } = connect({ token: who.token })
  const { data } = await client.mutation(rename, { id, title: 'After' })
  assert.deepEqual(data.updatePost.post, { id, title: 'After' })
  assert.deepEqual(calls.map(c => [c.method, c.status]), [['POST', 200]])
})

describe('errors have their codes', () => {
  for (const [what, status, code, send] of [
    ['a query that does not fit the schema', 400, 'GRAPHQL_VALIDATION_FAILED', c => c.query(gql`{ nope }`, {})],
    ['a query for nothing', 200, 'NOT_FOUND', c => c.query(gql`{ node(id: "post_x") { id } }`, {})],
    ['a mutation of a visitor', 200, 'UNAUTHENTICATED', c => c.mutation(rename, { id: ids[0], title: 'x' })],
  ]) {
    test(what, async () => {
      const { client, calls } = connect()
      const { error } = await send(client)
      assert.ok(error instanceof CombinedError)
      assert.equal(error.networkError, undefined)
      assert.deepEqual(error.graphQLErrors.map(e => e.extensions.code), [code])
      assert.deepEqual(calls.map(c => c.status), [status])
    })
  }

  test('beside what could be read', async () => {
    const { client } = connect()
    const { data, error } = await client.query(
      gql`query ($tag: String!) {
        posts(first: 1, where: { tags: { has: $tag } }) { nodes { author { username } } } node(id: "post_x") { id }
      }`, { tag })
    assert.equal(data.posts.nodes[0].author.username, who.username)
    assert.equal(error.graphQLErrors[0].extensions.code, 'NOT_FOUND')
    assert.deepEqual(error.graphQLErrors[0].path, ['node'])
  })
})

test('of two mutations that were sent together, each tells what came of it', async () => {
  const id = await publish(who, { title: 'Before' })
  const { client } = connect({ token: who.token })
  const { data, error } = await client.mutation(gql`mutation ($id: ID!) {
    good: updatePost(input: { id: $id, title: "After" }) { post { title } }
    bad: updatePost(input: { id: $id, title: "" }) { post { title } }
  }`, { id })
  assert.deepEqual(data, { good: { post: { title: 'After' } }, bad: null })
  assert.deepEqual(error.graphQLErrors.map(e => [e.path, e.extensions.code]), [[['bad'], 'BAD_USER_INPUT']])
})

test('fields that are not for their reader are null, without an error', async () => {
  const { client } = connect()
  const { data, error, extensions } = await client.query(
    gql`query ($tag: String!) { posts(first: 1, where: { tags: { has: $tag } }) { nodes { author { username email } } } }`, { tag })
  assert.equal(error, undefined)
  assert.deepEqual(data.posts.nodes[0].author, { username: who.username, email: null })
  assert.deepEqual(extensions.withheld, [['posts', 'nodes', 0, 'author', 'email']])
})

test('a file goes up', async () => {
  const text = 'A line of many.\n'.repeat(1000)
  const { client } = connect({
    fetchOptions: { headers: { authorization: `Bearer ${who.token}`, 'GraphQL-Require-Preflight': '1' } },
  })
  const { data, error } = await client.mutation(
    gql`mutation ($file: Upload!) { uploadAsset(input: { file: $file }) { asset { filename url } } }`,
    { file: new File([text], 'lines.txt') })
  assert.equal(error, undefined)
  assert.equal(data.uploadAsset.asset.filename, 'lines.txt')
  assert.equal(await (await fetch(data.uploadAsset.asset.url)).text(), text)
})

describe('a subscription', () => {
  // hear subscribes as a visitor, for whom a post begins with its publication.
  async function hear(client) {
    const news = unique()
    let subscription
    const event = new Promise(done => {
      subscription = client.subscription(
        gql`subscription ($tag: String!) { postChanged(where: { tags: { has: $tag } }) { kind post { title status } } }`,
        { tag: news }).subscribe(done)
    })
    const { data, error } = await heard(event, () => publish(who, { title: 'News', tags: [news] }))
    subscription.unsubscribe()
    assert.equal(error, undefined)
    assert.deepEqual(data.postChanged, { kind: 'ADDED', post: { title: 'News', status: 'PUBLISHED' } })
  }

  test('through graphql-ws', async () => {
    const sockets = createClient({ url: socketURL, webSocketImpl: WebSocket })
    const { client } = connect({
      exchanges: [subscriptionExchange({
        forwardSubscription: request => ({
          subscribe: sink => ({ unsubscribe: sockets.subscribe(request, sink) }),
        }),
      })],
    })
    await hear(client)
    await sockets.dispose()
  })

  test('through fetch, as an event stream', async () => {
    let type
    const { client } = connect({
      fetchSubscriptions: true,
      async fetch(...request) {
        const response = await fetch(...request)
        type = response.headers.get('content-type')
        return response
      },
    })
    await hear(client)
    assert.match(type, /^text\/event-stream/)
  })
})

describe('graphcache, which knows the schema', () => {
  let schema, warnings
  before(async () => { schema = await graphql(getIntrospectionQuery()) })

  // The cache warns of what it cannot place: fields and types that the schema
  // lacks, objects without a key.
  const cache = () => {
    warnings = []
    return cacheExchange({
      schema,
      logger: (level, message) => { if (level !== 'debug') warnings.push(message) },
      resolvers: { Query: { posts: relayPagination() } },
    })
  }

  test('joins the pages of a connection', async () => {
    const { client } = connect({ exchanges: [cache()] })
    const query = gql`query ($tag: String!, $after: String) {
      posts(first: 2, after: $after, where: { tags: { has: $tag } }) {
        edges { cursor node { id title author { id username } } } pageInfo { hasNextPage endCursor }
      }
    }`
    let after, posts
    for (const shown of [2, 4, 5]) {
      const { data, error } = await client.query(query, { tag, after })
      assert.equal(error, undefined)
      posts = data.posts
      assert.equal(posts.edges.length, shown)
      assert.equal(posts.pageInfo.hasNextPage, shown < 5)
      after = posts.pageInfo.endCursor
    }
    assert.deepEqual(posts.edges.map(e => e.node.title), [5, 4, 3, 2, 1].map(n => `${tag} ${n}`))
    assert.deepEqual(warnings, [])
  })

  test('a mutation changes the post in a query, by its id', async () => {
    const id = await publish(who, { title: 'Before' })
    const { client, calls } = connect({ token: who.token, exchanges: [cache()] })
    const seen = []
    const { unsubscribe } = client.query(gql`query ($id: ID!) { node(id: $id) { id ... on Post { title } } }`, { id })
      .subscribe(({ data }) => seen.push(data?.node.title))
    await until(() => seen.length === 1)
    await client.mutation(rename, { id, title: 'After' })
    await until(() => seen.length === 2)
    unsubscribe()
    assert.deepEqual(seen, ['Before', 'After'])
    assert.equal(calls.length, 2, 'the query was sent again')
    assert.deepEqual(warnings, [])
  })
})
