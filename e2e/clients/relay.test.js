// The Relay compiler on the app in relay/, and relay-runtime with what comes out.
import assert from 'node:assert/strict'
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, mock, test } from 'node:test'
import { parse } from 'graphql'
import { createClient } from 'graphql-ws'
import runtime from 'relay-runtime'
import WebSocket from 'ws'
import { author, draft, folder, heard, publish, publishMany, run, socketURL, unique, until, url } from './grapnel.js'

const {
  Environment, Network, Observable, RecordSource, Store, commitMutation, createOperationDescriptor,
  fetchQuery, getPaginationMetadata, getPaginationVariables, getRefetchMetadata, getSingularSelector,
  requestSubscription,
} = runtime
const require = createRequire(import.meta.url)

// relay-runtime warns on the console of answers that it cannot take as they are.
const warnings = []
let work, who, tag, ids
before(async () => {
  mock.method(console, 'error', text => warnings.push(text))
  work = await folder()
  await cp(join(import.meta.dirname, 'relay'), join(work.path, 'src'), { recursive: true })
  await mkdir(join(work.path, 'artifacts'))
  await writeFile(join(work.path, 'relay.config.json'), JSON.stringify({
    src: 'src', schema: 'schema.graphql', artifactDirectory: 'artifacts', language: 'javascript',
    eagerEsModules: false, // whose imports have no extension, so Node does not find them
    customScalarTypes: { Time: 'string', Int64: 'number', Decimal: 'string', JSON: 'mixed', Upload: 'mixed' }, requireCustomScalarTypes: true,
  }))
  await run('node_modules/.bin/relay-compiler', ['--noWatchman'], { cwd: work.path })
  who = await author()
  tag = unique()
  ids = await publishMany(who, 5, tag)
})
after(() => work?.remove())

const artifact = name => require(join(work.path, 'artifacts', `${name}.graphql.js`))

// environment is Relay as an app sets it up, with the bearer of an author.
function environment() {
  const sockets = createClient({
    url: socketURL, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${who.token}` },
  })
  const sent = []
  async function send({ text: query, name: operationName }, variables) {
    sent.push(operationName)
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        'content-type': 'application/json',
        authorization: `Bearer ${who.token}`,
      },
      body: JSON.stringify({ query, operationName, variables }),
    })
    return response.json()
  }
  const subscribe = ({ text: query, name: operationName }, variables) =>
    Observable.create(sink => sockets.subscribe({ query, operationName, variables }, sink))
  const network = Network.create(send, subscribe)
  return { relay: new Environment({ network, store: new Store(new RecordSource()) }), sockets, sent }
}

// load sends a query and keeps what it reads from the garbage collector.
async function load(env, query, variables) {
  env.relay.retain(createOperationDescriptor(query, variables))
  return fetchQuery(env.relay, query, variables).toPromise()
}

// read is what a component with the fragment would be given.
const read = (env, fragment, ref) => env.relay.lookup(getSingularSelector(fragment, ref)).data

// mutate commits a mutation.
const mutate = (env, name, variables) => new Promise((resolve, onError) => {
  commitMutation(env.relay, {
    mutation: artifact(name), variables, onError,
    onCompleted: (response, errors) => errors ? onError(new Error(JSON.stringify(errors))) : resolve(response),
  })
})

// more loads the next page of a fragment, as usePaginationFragment does.
async function more(env, fragment, ref, direction, cursor) {
  const { paginationRequest, paginationMetadata } = getPaginationMetadata(fragment, 'test')
  const { owner, variables } = getSingularSelector(fragment, ref)
  const base = { ...owner.variables, ...variables }
  await load(env, paginationRequest, getPaginationVariables(direction, 2, cursor, base, {}, paginationMetadata))
}

// listOf loads the first page of the test's posts.
async function listOf(env) {
  const ref = await load(env, artifact('postsPageQuery'), { tag })
  const list = artifact('posts_list')
  const posts = () => read(env, list, ref).posts
  const titles = () => posts().edges.map(({ node }) => read(env, artifact('posts_post'), node).title)
  return { ref, list, posts, titles }
}

// depth counts levels of fields, fragments expanded.
function depth(text) {
  const document = parse(text)
  const fragments = Object.fromEntries(document.definitions.filter(d => d.kind === 'FragmentDefinition').map(d => [d.name.value, d]))
  const of = ({ selectionSet }) => Math.max(0, ...(selectionSet?.selections ?? []).map(s =>
    s.kind === 'Field' ? 1 + of(s) : of(s.kind === 'FragmentSpread' ? fragments[s.name.value] : s)))
  return of(document.definitions.find(d => d.kind === 'OperationDefinition'))
}

test('the compiler has made all artifacts', async () => {
  const made = (await readdir(join(work.path, 'artifacts'))).filter(name => name.endsWith('.graphql.js'))
  assert.equal(made.length, 16)
  for (const name of made) assert.ok(artifact(name.replace('.graphql.js', '')).hash, name)
})

test('the first page, and the next ones', async () => {
  const env = environment()
  const { ref, list, posts, titles } = await listOf(env)
  assert.deepEqual(titles(), [`${tag} 5`, `${tag} 4`])
  for (const shown of [4, 5]) {
    assert.equal(posts().pageInfo.hasNextPage, true)
    await more(env, list, ref, 'forward', posts().pageInfo.endCursor)
    assert.equal(posts().edges.length, shown)
  }
  assert.equal(posts().pageInfo.hasNextPage, false)
  assert.deepEqual(titles(), [5, 4, 3, 2, 1].map(n => `${tag} ${n}`))
  assert.deepEqual(env.sent, ['postsPageQuery', 'postsListQuery', 'postsListQuery'])
})

test('the last page, and the ones before', async () => {
  const env = environment()
  const ref = await load(env, artifact('postsLastPageQuery'), { tag })
  const fragment = artifact('posts_backwards')
  const posts = () => read(env, fragment, ref).posts
  const titles = () => posts().edges.map(({ node }) => node.title)
  assert.deepEqual(titles(), [`${tag} 2`, `${tag} 1`])
  for (const shown of [4, 5]) {
    assert.equal(posts().pageInfo.hasPreviousPage, true)
    await more(env, fragment, ref, 'backward', posts().pageInfo.startCursor)
    assert.equal(posts().edges.length, shown)
  }
  assert.equal(posts().pageInfo.hasPreviousPage, false)
  assert.deepEqual(titles(), [5, 4, 3, 2, 1].map(n => `${tag} ${n}`))
})

test('a post is fetched again through node', async () => {
  const env = environment()
  const id = await publish(who, { title: 'Before' })
  const { refetchableRequest, identifierInfo } = getRefetchMetadata(artifact('posts_post'), 'test')
  assert.match(refetchableRequest.params.text, /node\(id: \$id\)/)
  const again = () => load(env, refetchableRequest, { [identifierInfo.identifierQueryVariableName]: id })
  const { node } = await again()
  assert.equal(read(env, artifact('posts_post'), node).title, 'Before')

  // Another client renames it.
  await mutate(environment(), 'postsUpdateMutation', { input: { id, title: 'After' } })
  await again()
  const post = read(env, artifact('posts_post'), node)
  assert.equal(post.title, 'After')
  assert.equal(post.author.username, who.username)
})

test('@catch has the code of a missing node', async () => {
  const { node } = await load(environment(), artifact('postsCaughtQuery'), { id: 'post_x' })
  assert.deepEqual(node, { ok: false, errors: [{ extensions: { code: 'NOT_FOUND' } }] })
})

test('mutations change the record, append it and delete it', async () => {
  const env = environment()
  const { posts, titles } = await listOf(env)
  const connections = [posts().__id]

  await mutate(env, 'postsUpdateMutation', { input: { id: ids[4], title: `${tag} five` } })
  assert.deepEqual(titles(), [`${tag} five`, `${tag} 4`])

  await mutate(env, 'postsCreateMutation', { input: { title: 'Appended' }, connections })
  assert.deepEqual(titles(), [`${tag} five`, `${tag} 4`, 'Appended'])

  const { id } = posts().edges[2].node
  const { deletePost } = await mutate(env, 'postsDeleteMutation', { input: { id }, connections })
  assert.equal(deletePost.deletedId, id)
  assert.deepEqual(titles(), [`${tag} five`, `${tag} 4`])
  await mutate(env, 'postsUpdateMutation', { input: { id: ids[4], title: `${tag} 5` } })
})

test('a deep query of fragments is within the limits', async () => {
  const query = artifact('postsDeepQuery')
  assert.equal(depth(query.params.text), 13)
  const { posts } = await load(environment(), query, { tag })
  assert.equal(posts.edges[0].node.author.username, who.username)
})

test('relay-runtime had nothing to warn of', () => assert.deepEqual(warnings, []))

// follow subscribes to the changes of posts with the tag.
function follow(env, tag, connections) {
  const events = []
  const next = new Promise((resolve, onError) => {
    const onNext = ({ postChanged }) => { events.push(postChanged); resolve(postChanged) }
    env.subscription = requestSubscription(env.relay, {
      subscription: artifact('postsChangedSubscription'), variables: { tag, connections }, onNext, onError,
    })
  })
  return { next, events }
}

test('a subscription prepends what comes', async () => {
  const env = environment()
  const { posts, titles } = await listOf(env)
  const news = unique()
  const { next } = follow(env, news, [posts().__id])
  const { kind, post } = await heard(next, () => draft(who, { title: 'News', tags: [news] }))
  env.subscription.dispose()
  await env.sockets.dispose()
  assert.equal(kind, 'ADDED')
  assert.ok(posts().edges.some(({ node }) => node.id === post.id))
  assert.equal(titles()[0], 'News')
})

// Relay keeps every object that has an id under it, whatever its type.
test('a change does not take the place of its post', async () => {
  warnings.length = 0
  const env = environment()
  const news = unique()
  const { next, events } = follow(env, news, [])
  await heard(next, () => draft(who, { title: 'News', tags: [news] }))
  const { id } = events[0].post
  await mutate(environment(), 'postsDeleteMutation', { input: { id }, connections: [] })
  await until(() => events.some(e => e.kind === 'REMOVED'))
  env.subscription.dispose()
  await env.sockets.dispose()
  assert.equal(env.relay.getStore().getSource().get(id).__typename, 'Post')
  // A removed post is null, which @prependNode warns of.
  assert.deepEqual(warnings.filter(w => !w.includes('Expected target node to exist')), [])
})
