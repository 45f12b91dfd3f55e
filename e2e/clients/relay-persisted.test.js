// Relay with persisted operations, on a server that runs no others: what the
// compiler writes is the manifest of the server, over HTTP and sockets.
import assert from 'node:assert/strict'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClient } from 'graphql-ws'
import runtime from 'relay-runtime'
import WebSocket from 'ws'
import { account, folder, heard, run, serve, unique } from './grapnel.js'

const {
  Environment, Network, Observable, RecordSource, Store, commitMutation, createOperationDescriptor, fetchQuery,
  requestSubscription,
} = runtime
const require = createRequire(import.meta.url)

let work, server, url, who
before(async () => {
  work = await folder()
  await cp(join(import.meta.dirname, 'relay'), join(work.path, 'src'), { recursive: true })
  await mkdir(join(work.path, 'artifacts'))
  await writeFile(join(work.path, 'persisted.json'), '{}')
  await writeFile(join(work.path, 'relay.config.json'), JSON.stringify({
    src: 'src', schema: 'schema.graphql', artifactDirectory: 'artifacts', language: 'javascript', eagerEsModules: false,
    persistConfig: { file: 'persisted.json', algorithm: 'SHA256' },
  }))
  await run('node_modules/.bin/relay-compiler', ['--noWatchman'], { cwd: work.path })
  // What the test itself asks for.
  await writeFile(join(work.path, 'test.json'), JSON.stringify({
    signUp: 'mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { id } tokens { accessToken } } }',
  }))
  server = await serve(work.path, 'persisted.json,test.json')
  url = server.url
  const { data } = await post({ documentId: 'signUp', variables: { input: account() } })
  who = { id: data.signUp.viewer.id, token: data.signUp.tokens.accessToken }
})
after(async () => {
  server?.stop()
  await work?.remove()
})

async function post(body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(who && { authorization: `Bearer ${who.token}` }) },
    body: JSON.stringify(body),
  })
  return response.json()
}

const artifact = name => require(join(work.path, 'artifacts', `${name}.graphql.js`))

// environment is Relay as an app sets it up, which sends ids alone.
function environment() {
  const sockets = createClient({
    url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${who.token}` },
  })
  const network = Network.create(
    ({ id }, variables) => post({ documentId: id, variables }),
    // graphql-ws sends nothing whose query is no text.
    ({ id }, variables) => Observable.create(sink => sockets.subscribe({ query: '', documentId: id, variables }, sink)),
  )
  return { relay: new Environment({ network, store: new Store(new RecordSource()) }), sockets }
}

const mutate = (env, name, variables) => new Promise((resolve, onError) => {
  commitMutation(env.relay, {
    mutation: artifact(name), variables, onError,
    onCompleted: (response, errors) => errors ? onError(new Error(JSON.stringify(errors))) : resolve(response),
  })
})

test('artifacts have ids and no text', () => {
  const { id, text } = artifact('postsChangedSubscription').params
  assert.match(id, /^[0-9a-f]{64}$/)
  assert.equal(text, null)
})

test('queries and mutations by their ids', async () => {
  const env = environment()
  await mutate(env, 'postsCreateMutation', { input: { title: 'Persisted' }, connections: [] })
  const query = artifact('postsPageQuery')
  env.relay.retain(createOperationDescriptor(query, { tag: 'none' }))
  assert.ok(await fetchQuery(env.relay, query, { tag: 'none' }).toPromise())
})

test('a subscription by its id', async () => {
  const env = environment()
  const tag = unique()
  let subscription
  const event = new Promise((onNext, onError) => {
    subscription = requestSubscription(env.relay, {
      subscription: artifact('postsChangedSubscription'), variables: { tag, connections: [] }, onNext, onError,
    })
  })
  const { postChanged } = await heard(event, () =>
    mutate(env, 'postsCreateMutation', { input: { title: 'News', tags: [tag] }, connections: [] }))
  subscription.dispose()
  await env.sockets.dispose()
  assert.equal(postChanged.kind, 'ADDED')
})

test('nothing else runs', async () => {
  const { errors } = await post({ query: '{ __typename }' })
  assert.deepEqual(errors.map(e => e.extensions.code), ['DOCUMENT_NOT_TRUSTED'])
  const env = environment()
  const failure = new Promise(resolve => env.sockets.subscribe({ query: 'subscription { postChanged { kind } }' },
    { next: resolve, error: resolve, complete: resolve }))
  assert.deepEqual((await failure).map(e => e.extensions.code), ['DOCUMENT_NOT_TRUSTED'])
  await env.sockets.dispose()
})
