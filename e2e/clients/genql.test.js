// genql: the client that it makes of the endpoint's introspection, with its defaults.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { author, folder, publishMany, run, unique, url } from './grapnel.js'

let work, program
before(async () => {
  work = await folder()
  await cp(join(import.meta.dirname, 'genql'), work.path, { recursive: true })
  const command = (name, ...args) => run(join('node_modules/.bin', name), args, { cwd: work.path })
  await command('genql', '--endpoint', url, '--output', 'generated')
  await command('tsc', '--strict', '--target', 'es2022', '--module', 'commonjs', '--skipLibCheck', '--outDir', 'built', 'program.ts')
  program = createRequire(import.meta.url)(join(work.path, 'built/program.js'))
})
after(() => work?.remove())

test('queries and mutations', async () => {
  const who = await author()
  const tag = unique()
  const ids = await publishMany(who, 2, tag)
  assert.deepEqual(await program.titles(url, tag), [`${tag} 1 by ${who.username}`, `${tag} 2 by ${who.username}`])
  assert.equal(await program.name(url, ids[0]), 'Post')
  assert.deepEqual(await program.many(url, ids), ids)
  assert.equal(await program.write(url, who.token, 'Typed'), 'DRAFT')
})
