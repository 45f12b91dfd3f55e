// machinebox/graphql: a small client for Go, without generated code.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { author, publishMany, run, unique } from './grapnel.js'

test('the program that uses it runs', async () => {
  const who = await author()
  const tag = unique()
  await publishMany(who, 2, tag)
  const { stdout } = await run('go', ['run', '.', tag], {
    cwd: join(import.meta.dirname, 'machinebox'), env: { ...process.env, TOKEN: who.token },
  })
  assert.deepEqual(stdout.trim().split('\n'), [
    `read ${tag} 2 true true`, `read ${tag} 1 true true`, 'made Made DRAFT', 'refused graphql: title must not be empty',
  ])
})
