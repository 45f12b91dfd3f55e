// Runs the built binary: the one at GRAPNEL_BIN, or one built for the occasion.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../..')

// start runs a server on a free loopback port, with a data folder of its own and
// one administrator, made by the command of the binary. Settings are variables of its
// environment.
export async function start({ admin, settings }) {
  const folder = await mkdtemp(join(tmpdir(), 'grapnel-browser-'))
  const binary = process.env.GRAPNEL_BIN || join(folder, 'grapnel')
  if (!process.env.GRAPNEL_BIN) {
    await promisify(execFile)('go', ['build', '-o', binary, '.'], { cwd: root })
  }
  const env = { PATH: process.env.PATH, HOME: folder, GRAPNEL_ADDR: '127.0.0.1:0', GRAPNEL_DATA: join(folder, 'data'), ...settings }
  const create = promisify(execFile)(binary, ['admin', 'create', '--email', admin.email], { env })
  create.child.stdin.end(`${admin.password}\n`)
  await create
  const server = spawn(binary, [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = new Promise(done => server.once('exit', (code, signal) => done(code ?? signal)))
  let log = ''
  server.stderr.on('data', chunk => { log += chunk })
  const url = await address(server, exit).catch(e => { throw new Error(`${e.message}\n${log}`) })

  return {
    url,

    // graphql sends one operation as a client of its own, with a bearer token.
    async graphql(query, variables, token) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(10_000),
      })
      const { data, errors } = await response.json()
      if (errors) throw new Error(JSON.stringify(errors))
      return data
    },

    // stop ends the server as an operator would, and checks that it ends well.
    async stop() {
      server.kill('SIGTERM')
      const code = await exit
      await rm(folder, { recursive: true, force: true })
      if (code !== 0) throw new Error(`the server ended with ${code}\n${log}`)
    },
  }
}

// address waits for the line that says where the server listens.
async function address(server, exit) {
  const lines = createInterface({ input: server.stdout })
  const found = new Promise(done => {
    lines.on('line', line => {
      const match = line.match(/GraphQL\s+(http:\S+)\/graphql/)
      if (match) done(match[1])
    })
  })
  const ended = exit.then(code => { throw new Error(`the server ended with ${code}`) })
  const late = new Promise((_, fail) => {
    setTimeout(() => fail(new Error('the server did not say where it listens within 30 s')), 30_000).unref()
  })
  return Promise.race([found, ended, late])
}
