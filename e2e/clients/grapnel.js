// The server under test, for all clients: the endpoint at GRAPNEL_URL, where
// strangers sign up as authors, and the binary at GRAPNEL_BIN, which prints the
// schema.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const url = process.env.GRAPNEL_URL
assert.ok(url, 'set GRAPNEL_URL to the endpoint of a running server')
export const socketURL = url.replace(/^http/, 'ws')

// run executes a command; what it wrote is in the error when it fails.
export async function run(file, args, options) {
  try {
    return await promisify(execFile)(file, args, options)
  } catch (failure) {
    failure.message += failure.stdout
    throw failure
  }
}

// unique is a word that no other test or run has used.
export const unique = () => `t${randomUUID().slice(0, 8)}`

// graphql sends one operation without any client.
export async function graphql(query, variables, token) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

// account is the input of signUp for somebody new. Sign-ups of one address are
// limited: one account for each client will do.
export function account() {
  const username = unique()
  return { username, email: `${username}@example.org`, password: 'correct horse battery' }
}

// author signs somebody up.
export async function author() {
  const { signUp } = await graphql(`mutation ($input: SignUpInput!) {
    signUp(input: $input) { viewer { id username } tokens { accessToken } }
  }`, { input: account() })
  return { ...signUp.viewer, token: signUp.tokens.accessToken }
}

// draft begins a post, which its author alone sees.
export async function draft({ token }, input) {
  const { createPost } = await graphql(
    'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }', { input }, token)
  return createPost.post.id
}

// publish writes a post that everybody may read.
export async function publish(who, input) {
  const id = await draft(who, input)
  await graphql('mutation ($id: ID!) { publishPost(input: { id: $id }) { post { id } } }', { id }, who.token)
  return id
}

// publishMany publishes posts in turn, "<tag> 1" first.
export async function publishMany(who, count, tag) {
  const ids = []
  for (let n = 1; n <= count; n++) ids.push(await publish(who, { title: `${tag} ${n}`, tags: [tag] }))
  return ids
}

// until waits for a condition.
export async function until(condition) {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, `10 s without ${condition}`)
    await new Promise(done => setTimeout(done, 10))
  }
}

// heard writes until the event of a subscription comes. The protocol does not
// confirm a subscription, so the first write may come before it stands.
export async function heard(event, write) {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    await write()
    const result = await Promise.race([event, new Promise(done => setTimeout(done, 200))])
    if (result) return result
  }
  throw new Error('10 s without an event')
}

// recorder is a fetch that keeps what was sent and answered.
export function recorder() {
  const calls = []
  async function record(input, options = {}) {
    const response = await fetch(input, options)
    const target = new URL(input)
    calls.push({
      method: options.method ?? 'GET',
      status: response.status,
      sent: options.body === undefined || options.body === null
        ? Object.fromEntries(target.searchParams)
        : typeof options.body === 'string' ? JSON.parse(options.body) : options.body,
      answer: await response.clone().json(),
    })
    return response
  }
  return { fetch: record, calls }
}

// folder makes a temporary folder in which the packages are found (those of one that
// is named, or of all tests), with the schema as `grapnel schema` prints it.
export async function folder(packages = '.') {
  const binary = process.env.GRAPNEL_BIN
  assert.ok(binary, 'set GRAPNEL_BIN to the built binary')
  const path = await mkdtemp(join(tmpdir(), 'grapnel-clients-'))
  await symlink(join(import.meta.dirname, packages, 'node_modules'), join(path, 'node_modules'))
  const { stdout } = await run(binary, ['schema'])
  await writeFile(join(path, 'schema.graphql'), stdout)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

// serve runs a server of its own in a folder, with the trusted documents of manifests.
export async function serve(cwd, manifests) {
  const server = spawn(process.env.GRAPNEL_BIN, {
    cwd, stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH, GRAPNEL_ADDR: '127.0.0.1:0', GRAPNEL_READ_TIME: '1m', GRAPNEL_DATA: 'data', GRAPNEL_SIGN_UP: 'author',
      GRAPNEL_LOG_LEVEL: 'warn', GRAPNEL_TRUSTED_DOCUMENTS: manifests,
    },
  })
  let out = ''
  server.stdout.on('data', text => { out += text })
  await until(() => /http:\S+\/graphql/.test(out))
  return { url: out.match(/http:\S+\/graphql/)[0], stop: () => server.kill() }
}
