// ra-data-graphql-simple, the data provider of react-admin, with a buildQuery as
// its manual has it for schemas that are not made for it.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, describe, test } from 'node:test'
import { author, publishMany, unique, url } from './grapnel.js'
import { byNumber, options } from './react-admin/query.js'

// Node cannot import it: it imports names of CommonJS.
const { default: buildDataProvider } = createRequire(import.meta.url)('ra-data-graphql-simple')

let who, tag, ids, provider
before(async () => {
  who = await author()
  tag = unique()
  ids = await publishMany(who, 5, tag)
  provider = byNumber(buildDataProvider({
    ...options, clientOptions: { uri: url, headers: { authorization: `Bearer ${who.token}` } },
  }))
})

const all = { pagination: { page: 1, perPage: 10 }, sort: { field: 'id', order: 'ASC' } }
const titles = ({ data }) => data.map(post => post.title)
const numbered = (...numbers) => numbers.map(n => `${tag} ${n}`)

test('its resources are the types with a list, and what is read without an id', async () => {
  const { resources } = await provider.getIntrospection()
  assert.deepEqual(resources.map(r => r.type.name), ['ApiKey', 'Asset', 'Invitation', 'Mail', 'Page', 'Post', 'Site', 'User'])
})

describe('lists', () => {
  const sort = { field: 'createdAt', order: 'ASC' }
  for (const [page, numbers] of [[1, [1, 2]], [2, [3, 4]], [3, [5]], [4, []]]) {
    test(`page ${page}`, async () => {
      const list = await provider.getList('Post', { pagination: { page, perPage: 2 }, sort, filter: { tags: tag } })
      assert.deepEqual(titles(list), numbered(...numbers))
      assert.equal(list.total, 5)
    })
  }

  for (const [what, filter, numbers] of [
    ['a text', () => ({ tags: tag, title: `${tag} 2` }), [2]],
    ['several', () => ({ tags: tag, title: [`${tag} 2`, `${tag} 3`] }), [3, 2]],
    ['conditions', () => ({ tags: [tag, 'other'], date: { gt: '2020-01-01T00:00:00Z' } }), [5, 4, 3, 2, 1]],
    ['words', () => ({ q: `${tag} 4` }), [4]],
    ['a reference', () => ({ authorId: who.id, status: 'DRAFT' }), []],
  ]) {
    test(`filtered by ${what}`, async () => {
      assert.deepEqual(titles(await provider.getList('Post', { ...all, filter: filter() })), numbered(...numbers))
    })
  }
})

test('records by their ids', async () => {
  const { data } = await provider.getOne('Post', { id: ids[0] })
  assert.equal(data.title, `${tag} 1`)
  assert.equal(data.author.id, who.id)
  assert.equal(new Date(data.createdAt).toISOString(), data.createdAt)
  assert.deepEqual(titles(await provider.getMany('Post', { ids: ids.slice(0, 2) })).sort(), numbered(1, 2))
})

test('what refers to a record', async () => {
  const list = await provider.getManyReference('Post', { ...all, target: 'authorId', id: who.id, filter: { tags: tag }, pagination: { page: 2, perPage: 3 } })
  assert.deepEqual(titles(list), numbered(2, 1))
})

test('create, update and delete', async () => {
  const { data: made } = await provider.create('Post', { data: { title: 'Made', tags: [tag, 'draft'] } })
  assert.equal(made.status, 'DRAFT')
  const { data: changed } = await provider.update('Post', { id: made.id, data: { ...made, title: 'Changed' }, previousData: made })
  assert.deepEqual([changed.title, changed.tags, changed.version], ['Changed', [tag, 'draft'], 2])
  assert.deepEqual(await provider.updateMany('Post', { ids: [made.id], data: { excerpt: 'Short' } }), { data: [made.id] })
  assert.equal((await provider.getOne('Post', { id: made.id })).data.excerpt, 'Short')
  assert.deepEqual(await provider.deleteMany('Post', { ids: [made.id] }), { data: [made.id] })
  await assert.rejects(provider.getOne('Post', { id: made.id }), /no such post/)
})

test('an error tells what is wrong with a field', async () => {
  await assert.rejects(provider.create('Post', { data: { title: '' } }), error => {
    const [{ extensions }] = error.body.graphQLErrors
    assert.equal(extensions.code, 'BAD_USER_INPUT')
    assert.deepEqual(extensions.fields.map(f => f.path), ['title'])
    return true
  })
})
