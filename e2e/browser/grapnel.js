// Runs the built binary: the one at GRAPNEL_BIN, or one built for the occasion.
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

export const root = resolve(import.meta.dirname, '../..')

// binaryAt is the path of the binary; one that has to be built is put into the folder.
export async function binaryAt(folder) {
  if (process.env.GRAPNEL_BIN) return process.env.GRAPNEL_BIN
  const binary = join(folder, 'grapnel')
  await promisify(execFile)('go', ['build', '-o', binary, '.'], { cwd: root })
  return binary
}

// start runs a server on a free loopback port, with stores of its own and the
// administrator, if there shall be one, made by the command of the binary. Settings are
// variables of its environment. The binary may be that of a project. With `seed`, flags of
// that command, it begins with a news site.
export async function start({ admin, settings, binary, seed }) {
  const folder = await mkdtemp(join(tmpdir(), 'grapnel-browser-'))
  binary ??= await binaryAt(folder)
  const env = { PATH: process.env.PATH, HOME: folder, GRAPNEL_ADDR: '127.0.0.1:0', GRAPNEL_READ_TIME: '1m', GRAPNEL_DATA: join(folder, 'data'), ...stores(), ...settings }
  if (admin) {
    const create = promisify(execFile)(binary, ['admin', 'create', '--email', admin.email], { env })
    create.child.stdin.end(`${admin.password}\n`)
    await create
  }
  if (seed) await promisify(execFile)(binary, ['seed', ...seed], { env })
  const server = spawn(binary, [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = new Promise(done => server.once('exit', (code, signal) => done(code ?? signal)))
  let log = ''
  server.stderr.on('data', chunk => { log += chunk })
  const says = lines(server, exit)
  const url = await says(/GraphQL\s+(http:\S+)\/graphql/).catch(e => { throw new Error(`${e.message}\n${log}`) })

  return {
    url,
    pid: server.pid,

    // says waits for a line that the server prints, and is what the form finds in it.
    says,

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

    // losesItsStore keeps the server from writing to its documents until they come back.
    async losesItsStore() {
      const limit = bytes => promisify(execFile)('prlimit', ['--pid', server.pid, `--fsize=${bytes}`])
      await limit('0:unlimited')
      return { comesBack: () => limit('unlimited') }
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

// stores are the settings of a server on the stand-ins that `go run ./cmd/servers` of e2e
// names in the environment: a new database, and the bucket, which all share. None without
// them: then it stands on the embedded stores.
function stores() {
  const { TEST_MONGODB_URI, TEST_S3_ENDPOINT, TEST_S3_BUCKET, ...env } = process.env
  if (!TEST_MONGODB_URI) return {}
  const uri = new URL(TEST_MONGODB_URI)
  uri.pathname = `/browser_${randomBytes(6).toString('hex')}`
  return {
    MONGODB_URI: uri.href, S3_ENDPOINT: TEST_S3_ENDPOINT, S3_BUCKET: TEST_S3_BUCKET,
    ...Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('AWS_'))),
    GRAPNEL_TOKEN_KEY: randomBytes(32).toString('base64'),
  }
}

// lines are what the server prints: a function that waits for one, however long ago it came.
function lines(server, exit) {
  const seen = []
  const printed = createInterface({ input: server.stdout })
  printed.on('line', line => seen.push(line))
  return form => {
    const found = new Promise(done => {
      const look = line => { const match = line.match(form); if (match) done(match[1]) }
      seen.forEach(look)
      printed.on('line', look)
    })
    const ended = exit.then(code => { throw new Error(`the server ended with ${code}`) })
    const late = new Promise((_, fail) => {
      setTimeout(() => fail(new Error(`the server did not print ${form} within 30 s`)), 30_000).unref()
    })
    return Promise.race([found, ended, late])
  }
}
