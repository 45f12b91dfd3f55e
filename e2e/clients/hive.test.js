// Hive Gateway as a proxy in front of the endpoint. Its users sign in at the server
// behind it: the headers that the server needs are passed on, as its manual shows.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { author, heard, publish, publishMany, unique, url } from './grapnel.js'

let gateway, server, endpoint, who
before(async () => {
  gateway = createGatewayRuntime({
    proxy: { endpoint: url },
    multipart: true, // uploads are off by default
    logging: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => Object.fromEntries(
        ['authorization', 'graphql-require-preflight'].map(name => [name, request.headers.get(name)]).filter(([, value]) => value)),
    },
  })
  server = createServer(gateway).listen(0, '127.0.0.1')
  await new Promise(done => server.once('listening', done))
  endpoint = `http://127.0.0.1:${server.address().port}/graphql`
  who = await author()
})
after(async () => {
  server?.closeAllConnections()
  server?.close()
  await gateway?.[Symbol.asyncDispose]()
})

const bearer = () => ({ authorization: `Bearer ${who.token}` })

async function ask(query, variables, headers) {
  const response = await fetch(endpoint, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query, variables }),
  })
  return response.json()
}

test('a page with fields that are not for its reader', async () => {
  const tag = unique()
  await publishMany(who, 2, tag)
  assert.deepEqual(await ask('query ($tag: String!) { posts(where: { tags: { has: $tag } }) { totalCount nodes { title author { email } } } }', { tag }), {
    data: { posts: { totalCount: 2, nodes: [2, 1].map(n => ({ title: `${tag} ${n}`, author: { email: null } })) } },
    extensions: { withheld: [0, 1].map(n => ['posts', 'nodes', n, 'author', 'email']) },
  })
})

test('the session of the caller', async () => {
  const { data } = await ask('{ viewer { id } }', {}, bearer())
  assert.deepEqual(data, { viewer: { id: who.id } })
  const { errors } = await ask('{ viewer { id } }', {}, { authorization: 'Bearer ended' })
  assert.deepEqual(errors.map(e => e.extensions.code), ['UNAUTHENTICATED'])
})

test('an upload', async () => {
  const form = new FormData()
  form.append('operations', JSON.stringify({
    query: 'mutation ($file: Upload!) { uploadAsset(input: { file: $file }) { asset { filename size } } }', variables: { file: null },
  }))
  form.append('map', '{"0": ["variables.file"]}')
  form.append('0', new File(['A line.\n'], 'lines.txt', { type: 'text/plain' }))
  const response = await fetch(endpoint, { method: 'POST', headers: { ...bearer(), 'GraphQL-Require-Preflight': '1' }, body: form })
  assert.deepEqual(await response.json(), { data: { uploadAsset: { asset: { filename: 'lines.txt', size: 8 } } } })
})

test('a subscription, as an event stream', async () => {
  const tag = unique()
  const end = new AbortController()
  const response = await fetch(endpoint, {
    method: 'POST', signal: end.signal,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...bearer() },
    body: JSON.stringify({ query: 'subscription ($tag: String!) { postChanged(where: { tags: { has: $tag } }) { kind post { title } } }', variables: { tag } }),
  })
  const event = (async () => {
    let text = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const data = text.match(/^data: ?(\{.*\})$/m)
      if (data) return JSON.parse(data[1])
    }
    throw new Error(`the stream ended: ${text}`)
  })()
  const { data, errors } = await heard(event, () => publish(who, { title: 'News', tags: [tag] }))
  end.abort()
  assert.equal(errors, undefined)
  assert.deepEqual(data, { postChanged: { kind: 'ADDED', post: { title: 'News' } } })
})
