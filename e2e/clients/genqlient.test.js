// genqlient: Go code for a file of operations, by the printed schema.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { author, folder, publishMany, run, unique } from './grapnel.js'

let work
before(async () => {
  work = await folder()
  await cp(join(import.meta.dirname, 'genqlient'), work.path, { recursive: true })
})
after(() => work?.remove())

test('the program that uses it runs', async () => {
  const who = await author()
  const tag = unique()
  await publishMany(who, 2, tag)
  const command = (...args) => run('go', args, { cwd: work.path, env: { ...process.env, TOKEN: who.token } })
  await command('tool', 'genqlient')
  const { stdout } = await command('run', '.', tag)
  assert.deepEqual(stdout.trim().split('\n'), [
    `read ${tag} 1 true true`, `read ${tag} 2 true true`,
    'made Typed DRAFT', 'kind *main.KindNodePost', 'refused BAD_USER_INPUT', 'heard ADDED News',
  ])
})
