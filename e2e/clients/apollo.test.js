// Apollo Client 4, and 3 as far as the two are alike.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { before, describe, test } from 'node:test'
import * as apollo4 from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { account, author, draft, heard, publish, publishMany, recorder, socketURL, unique, until, url } from './grapnel.js'

const { CombinedGraphQLErrors, gql } = apollo4
const require = createRequire(import.meta.url)
// Browsers have it, and so does Node 22.
globalThis.WebSocket ??= WebSocket
const sha256 = text => createHash('sha256').update(text).digest('hex')

// What differs in name between the two.
const versions = {
  'Apollo Client 4': {
    ...apollo4,
    relayStylePagination,
    withContext: setter => new SetContextLink(setter),
    persisted: options => new PersistedQueryLink({ sha256, ...options }),
    socketLink: client => new GraphQLWsLink(client),
    errorsOf(error) {
      assert.ok(CombinedGraphQLErrors.is(error), String(error))
      return error.errors
    },
    resultErrors: ({ error }) => error.errors,
  },
  'Apollo Client 3': {
    ...require('apollo-client-3/core'),
    relayStylePagination: require('apollo-client-3/utilities').relayStylePagination,
    withContext: setter => require('apollo-client-3/link/context').setContext((_, previous) => setter(previous)),
    persisted: options => require('apollo-client-3/link/persisted-queries').createPersistedQueryLink({ sha256, ...options }),
    socketLink: client => new (require('apollo-client-3/link/subscriptions').GraphQLWsLink)(client),
    errorsOf(error) {
      // A request error has a status of its own, which 3 takes for the network's.
      return error.networkError?.result.errors ?? error.graphQLErrors
    },
    resultErrors: ({ errors }) => errors,
  },
}

for (const [name, apollo] of Object.entries(versions)) {
  describe(name, () => {
    let who, tag, ids
    before(async () => {
      who = await author()
      tag = unique()
      ids = await publishMany(who, 5, tag)
    })

    // connect makes a client, with the bearer of an author unless told otherwise.
    function connect({ token = who.token, links = [], fetch } = {}) {
      const bearer = apollo.withContext(({ headers }) => (
        { headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) } }))
      return new apollo.ApolloClient({
        link: apollo.ApolloLink.from([bearer, ...links, new apollo.HttpLink({ uri: url, fetch })]),
        cache: new apollo.InMemoryCache({
          possibleTypes: { Node: ['Asset', 'Mail', 'Page', 'Post', 'Site', 'User'] },
          typePolicies: { Query: { fields: { posts: apollo.relayStylePagination(['where', 'orderBy']) } } },
        }),
      })
    }

    const page = gql`query Page($tag: String!, $after: String) {
      posts(first: 2, after: $after, where: { tags: { has: $tag } }) {
        edges { cursor node { id title } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`
    const rename = gql`mutation Rename($id: ID!, $title: String!, $expectedVersion: Int) {
      updatePost(input: { id: $id, title: $title, expectedVersion: $expectedVersion }) { post { id title version } }
    }`
    const titles = data => data.posts.edges.map(e => e.node.title)

    test('a query with variables', async () => {
      const { data } = await connect().query({
        query: gql`query ($id: ID!) { post(id: $id) { id title tags author { id username } } }`,
        variables: { id: ids[0] },
      })
      assert.deepEqual(data.post, {
        __typename: 'Post', id: ids[0], title: `${tag} 1`, tags: [tag],
        author: { __typename: 'User', id: who.id, username: who.username },
      })
    })

    test('relayStylePagination joins the pages', async () => {
      const client = connect()
      const posts = client.watchQuery({ query: page, variables: { tag } })
      let data
      posts.subscribe(result => { data = result.data })
      await until(() => data?.posts)
      assert.deepEqual(titles(data), [`${tag} 5`, `${tag} 4`])

      for (const shown of [4, 5]) {
        assert.equal(data.posts.pageInfo.hasNextPage, true)
        await posts.fetchMore({ variables: { after: data.posts.pageInfo.endCursor } })
        await until(() => data.posts.edges.length === shown)
      }
      client.stop()
      assert.equal(data.posts.pageInfo.hasNextPage, false)
      assert.deepEqual(titles(data), [5, 4, 3, 2, 1].map(n => `${tag} ${n}`))
      assert.equal(new Set(data.posts.edges.map(e => e.cursor)).size, 5)
      assert.equal(data.posts.pageInfo.startCursor, data.posts.edges[0].cursor)
      assert.equal(data.posts.pageInfo.endCursor, data.posts.edges[4].cursor)
    })

    test('an empty cursor is none', async () => {
      const { data } = await connect().query({ query: page, variables: { tag, after: '' } })
      assert.deepEqual(titles(data), [`${tag} 5`, `${tag} 4`])
      assert.equal(data.posts.pageInfo.hasPreviousPage, false)
    })

    test('a mutation changes the post in a watched query, by its id', async () => {
      const id = await publish(who, { title: 'Before' })
      const { fetch, calls } = recorder()
      const client = connect({ fetch })
      const query = gql`query ($id: ID!) { node(id: $id) { id ... on Post { title version } } }`
      const seen = []
      client.watchQuery({ query, variables: { id } }).subscribe(({ data }) => { if (data?.node) seen.push(data.node.title) })
      await until(() => seen.length === 1)
      await client.mutate({ mutation: rename, variables: { id, title: 'After' } })
      await until(() => seen.length === 2)
      assert.deepEqual(seen, ['Before', 'After'])
      assert.equal(calls.length, 2, 'the watched query was sent again')
      assert.equal(client.cache.extract()[`Post:${id}`].title, 'After')
      client.stop()
    })

    test('signs up, and is the viewer from then on', async () => {
      const stranger = connect({ token: null })
      const whoAmI = { query: gql`{ viewer { id username email role } }`, fetchPolicy: 'network-only' }
      assert.equal((await stranger.query(whoAmI)).data.viewer, null)

      const input = account()
      const { data } = await stranger.mutate({
        mutation: gql`mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { id } tokens { accessToken } } }`,
        variables: { input },
      })
      const member = connect({ token: data.signUp.tokens.accessToken })
      assert.deepEqual((await member.query(whoAmI)).data.viewer, {
        __typename: 'User', id: data.signUp.viewer.id, username: input.username, email: input.email, role: 'AUTHOR',
      })
    })

    for (const [what, code, operation, token] of [
      ['that does not fit the schema', 'GRAPHQL_VALIDATION_FAILED', { query: gql`{ nope }` }],
      ['for nothing', 'NOT_FOUND', { query: gql`{ node(id: "post_x") { id } }` }],
      ['of a visitor', 'UNAUTHENTICATED', { mutation: gql`mutation { createPost(input: { title: "x" }) { post { id } } }` }, null],
    ]) {
      test(`an error tells the code of an operation ${what}`, async () => {
        const client = connect({ token })
        await assert.rejects(operation.query ? client.query(operation) : client.mutate(operation), error => {
          assert.deepEqual(apollo.errorsOf(error).map(e => e.extensions.code), [code])
          return true
        })
      })
    }

    test('an error tells what is wrong with each field', async () => {
      const mutation = gql`mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }`
      const input = { title: '', excerpt: 'x'.repeat(501) }
      await assert.rejects(connect().mutate({ mutation, variables: { input } }), error => {
        const [{ extensions }] = apollo.errorsOf(error)
        assert.equal(extensions.code, 'BAD_USER_INPUT')
        assert.deepEqual(extensions.fields.map(f => f.path).sort(), ['excerpt', 'title'])
        return true
      })
    })

    test('an error tells the version that a conflict is with', async () => {
      const id = await publish(who, { title: 'Contended' })
      const client = connect()
      const { data } = await client.mutate({ mutation: rename, variables: { id, title: 'Mine' } })
      const { version } = data.updatePost.post
      await assert.rejects(
        client.mutate({ mutation: rename, variables: { id, title: 'Yours', expectedVersion: version - 1 } }), error => {
          const [{ extensions }] = apollo.errorsOf(error)
          assert.equal(extensions.code, 'CONFLICT')
          assert.equal(extensions.currentVersion, version)
          return true
        })
    })

    test('errorPolicy all gives what could be read beside the errors', async () => {
      const result = await connect({ token: null }).query({
        query: gql`query ($tag: String!) {
          posts(first: 1, where: { tags: { has: $tag } }) { nodes { title author { username } } }
          node(id: "post_x") { id }
        }`,
        variables: { tag },
        errorPolicy: 'all',
      })
      assert.equal(result.data.posts.nodes[0].author.username, who.username)
      assert.equal(result.data.node, null)
      const [error, ...more] = apollo.resultErrors(result)
      assert.deepEqual(more, [])
      assert.equal(error.extensions.code, 'NOT_FOUND')
      assert.deepEqual(error.path, ['node'])
    })

    test('a page with fields that are not for its reader is no error', async () => {
      const { data, error, errors } = await connect({ token: null }).query({
        query: gql`{ users(first: 5) { nodes { username email suspendedAt } } }`,
      })
      assert.equal(error ?? errors, undefined)
      assert.deepEqual(new Set(data.users.nodes.map(user => user.email)), new Set([null]))
    })

    for (const useGETForHashedQueries of [false, true]) {
      const hashed = useGETForHashedQueries ? 'GET' : 'POST'
      test(`a persisted query by ${hashed}: its hash alone, then the document, then its hash alone`, async () => {
        const { fetch, calls } = recorder()
        const links = [apollo.persisted({ useGETForHashedQueries })]
        // An alias that nobody sent before.
        const query = gql(`query Persisted($id: ID!) { ${unique()}: post(id: $id) { title } }`)
        for (let client = 1; client <= 2; client++) {
          const { data } = await connect({ fetch, links }).query({ query, variables: { id: ids[2] } })
          assert.equal(Object.values(data).find(v => v.title).title, `${tag} 3`)
        }

        assert.equal(calls.length, 3)
        const [miss, full, hit] = calls
        assert.equal(miss.method, hashed)
        assert.ok(!('query' in miss.sent))
        assert.equal(miss.answer.errors[0].extensions.code, 'PERSISTED_QUERY_NOT_FOUND')
        assert.equal(miss.answer.errors[0].message, 'PersistedQueryNotFound')
        assert.equal(full.status, 200)
        assert.match(full.sent.query, /^query Persisted/)
        assert.equal(hit.method, hashed)
        assert.equal(hit.status, 200)
        assert.ok(!('query' in hit.sent))
      })
    }

    test('a subscription over GraphQLWsLink', async () => {
      const sockets = createClient({ url: socketURL, connectionParams: { Authorization: `Bearer ${who.token}` } })
      const client = new apollo.ApolloClient({ link: apollo.socketLink(sockets), cache: new apollo.InMemoryCache() })
      const news = unique()
      const input = { title: 'A draft', tags: [news] }
      let subscription
      const event = new Promise((next, error) => {
        subscription = client.subscribe({
          query: gql`subscription ($tag: String!) {
            postChanged(where: { tags: { has: $tag } }) { kind post { id title status } }
          }`,
          variables: { tag: news },
        }).subscribe({ next, error })
      })
      const { data: { postChanged } } = await heard(event, () => draft(who, input))
      subscription.unsubscribe()
      await sockets.dispose()
      // A draft is for its author alone, so the token has counted.
      assert.deepEqual(postChanged, {
        __typename: 'PostChange', kind: 'ADDED',
        post: { __typename: 'Post', id: postChanged.post.id, title: 'A draft', status: 'DRAFT' },
      })
    })

    test('an error of a subscription has its code', async () => {
      const sockets = createClient({ url: socketURL })
      const client = new apollo.ApolloClient({ link: apollo.socketLink(sockets), cache: new apollo.InMemoryCache() })
      const failure = new Promise((resolve, reject) => {
        client.subscribe({ query: gql`subscription { nope }` }).subscribe({
          next: result => result.error ? resolve(result.error) : reject(new Error('it succeeded')),
          error: resolve,
        })
      })
      assert.deepEqual(apollo.errorsOf(await failure).map(e => e.extensions.code), ['GRAPHQL_VALIDATION_FAILED'])
      await sockets.dispose()
    })
  })
}

// apollo-upload-client, which goes with 4.
test('UploadHttpLink uploads a file', async () => {
  const { token } = await author()
  const text = 'A line of many.\n'.repeat(10_000)
  const client = new apollo4.ApolloClient({
    link: new UploadHttpLink({ uri: url, headers: { authorization: `Bearer ${token}`, 'GraphQL-Require-Preflight': '1' } }),
    cache: new apollo4.InMemoryCache(),
  })
  const { data } = await client.mutate({
    mutation: gql`mutation ($input: UploadAssetInput!) {
      uploadAsset(input: $input) { asset { id filename size sha256 alt url } }
    }`,
    variables: { input: { file: new File([text], 'lines.txt'), alt: 'Lines' } },
  })
  const { asset } = data.uploadAsset
  assert.equal(asset.filename, 'lines.txt')
  assert.equal(asset.size, text.length)
  assert.equal(asset.sha256, sha256(text))
  assert.equal(asset.alt, 'Lines')
  assert.equal(await (await fetch(asset.url)).text(), text)
})
