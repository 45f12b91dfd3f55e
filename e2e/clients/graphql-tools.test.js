// graphql-tools: the endpoint's schema wrapped, and stitched to one of an application.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { buildHTTPExecutor } from '@graphql-tools/executor-http'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { stitchSchemas } from '@graphql-tools/stitch'
import { schemaFromExecutor, wrapSchema } from '@graphql-tools/wrap'
import { execute, parse, subscribe } from 'graphql'
import { author, draft, heard, publishMany, unique, url } from './grapnel.js'

let who, tag, ids, schema, sent
const http = buildHTTPExecutor({
  endpoint: url,
  headers: request => request?.context?.token ? { authorization: `Bearer ${request.context.token}`, 'GraphQL-Require-Preflight': '1' } : {},
})
function executor(request) {
  sent++
  return http(request)
}
before(async () => {
  who = await author()
  tag = unique()
  ids = await publishMany(who, 3, tag)
  schema = await schemaFromExecutor(http)
})

// graphql-js answers with objects that have no prototype.
const plain = data => JSON.parse(JSON.stringify(data))

describe('wrap', () => {
  const ask = (text, variableValues, token) =>
    execute({ schema: wrapSchema({ schema, executor: http }), document: parse(text), variableValues, contextValue: { token } })

  test('a page with fields that are not for its reader', async () => {
    const { data, errors } = await ask(`query ($tag: String!, $since: Time) {
      posts(first: 2, where: { tags: { has: $tag }, date: { gt: $since } }) { totalCount edges { cursor node { __typename title author { email } } } }
    }`, { tag, since: '2020-01-01T00:00:00Z' })
    assert.equal(errors, undefined)
    assert.equal(data.posts.totalCount, 3)
    assert.deepEqual(plain(data.posts.edges.map(e => e.node)), [3, 2].map(n => ({ __typename: 'Post', title: `${tag} ${n}`, author: { email: null } })))
  })

  test('of two mutations that were sent together, each tells what came of it', async () => {
    const { data, errors } = await ask(`mutation {
      good: createPost(input: { title: "Made" }) { post { title status } } bad: createPost(input: { title: "" }) { post { title } }
    }`, {}, who.token)
    assert.deepEqual(plain(data), { good: { post: { title: 'Made', status: 'DRAFT' } }, bad: null })
    assert.deepEqual(errors.map(e => [e.path, e.extensions.code]), [[['bad'], 'BAD_USER_INPUT']])
  })

  test('a file goes up', async () => {
    const { data, errors } = await ask('mutation ($file: Upload!) { uploadAsset(input: { file: $file }) { asset { filename size } } }',
      { file: new File(['A line.\n'], 'lines.txt') }, who.token)
    assert.equal(errors, undefined)
    assert.deepEqual(plain(data.uploadAsset.asset), { filename: 'lines.txt', size: 8 })
  })

  test('a subscription, as an event stream', async () => {
    const news = unique()
    const events = await subscribe({
      schema: wrapSchema({ schema, executor: http }), contextValue: { token: who.token }, variableValues: { tag: news },
      document: parse('subscription ($tag: String!) { postChanged(where: { tags: { has: $tag } }) { kind post { title status } } }'),
    })
    const { value } = await heard(events.next(), () => draft(who, { title: 'News', tags: [news] }))
    await events.return()
    assert.deepEqual(plain(value.data), { postChanged: { kind: 'ADDED', post: { title: 'News', status: 'DRAFT' } } })
  })
})

// The posts of another schema's objects are fetched together, by nodes(ids:).
test('stitch', async () => {
  const shelves = makeExecutableSchema({
    typeDefs: 'type Query { shelf: Shelf! } type Shelf { name: String! posts: [Post]! } type Post { id: ID! }',
    resolvers: { Query: { shelf: () => ({ name: 'Novels', posts: ids.map(id => ({ id })) }) } },
  })
  const stitched = stitchSchemas({
    subschemas: [
      { schema, executor, batch: true, merge: { Post: { selectionSet: '{ id }', fieldName: 'nodes', key: ({ id }) => id, argsFromKeys: ids => ({ ids }) } } },
      { schema: shelves },
    ],
  })
  sent = 0
  const { data, errors } = await execute({ schema: stitched, document: parse('{ shelf { name posts { title author { username } } } }') })
  assert.equal(errors, undefined)
  assert.deepEqual(plain(data), {
    shelf: { name: 'Novels', posts: [1, 2, 3].map(n => ({ title: `${tag} ${n}`, author: { username: who.username } })) },
  })
  assert.equal(sent, 1)
})
