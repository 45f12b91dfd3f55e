// An OpenID provider that others have made; see ../openid for who is known there.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

// startOpenID runs one, and is its origin, the settings of a server that knows it as Company,
// and stop.
export async function startOpenID() {
  const folder = await mkdtemp(join(tmpdir(), 'grapnel-openid-'))
  const program = join(folder, 'openid')
  await promisify(execFile)('go', ['build', '-o', program, './cmd/openid'], { cwd: resolve(import.meta.dirname, '..') })
  const child = spawn(program, { stdio: ['ignore', 'pipe', 'ignore'] })
  const [issuer] = await new Promise((done, failed) => {
    createInterface({ input: child.stdout }).once('line', line => done([line]))
    child.once('exit', code => failed(new Error(`the provider ended with ${code}`)))
  })
  return {
    issuer, origin: new URL(issuer).origin,
    settings: { GRAPNEL_SIGN_IN_WITH: 'company', GRAPNEL_COMPANY_ISSUER: issuer, GRAPNEL_COMPANY_CLIENT_ID: 'grapnel', GRAPNEL_COMPANY_CLIENT_SECRET: 'a secret of the client' },
    async stop() {
      child.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
