// gql.tada: types by the printed schema, which its command puts where tsc finds them.
import assert from 'node:assert/strict'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { author, folder, publishMany, run, unique, url } from './grapnel.js'

let work, program
before(async () => {
  work = await folder('tada')
  await cp(join(import.meta.dirname, 'tada/program.ts'), join(work.path, 'program.ts'))
  await writeFile(join(work.path, 'package.json'), '{"type": "module"}')
  await writeFile(join(work.path, 'tsconfig.json'), JSON.stringify({
    compilerOptions: {
      strict: true, target: 'es2022', module: 'nodenext', skipLibCheck: true, outDir: 'built',
      plugins: [{ name: 'gql.tada/ts-plugin', schema: 'schema.graphql', tadaOutputLocation: 'graphql-env.d.ts' }],
    },
    files: ['program.ts'],
  }))
  const command = (name, ...args) => run(join('node_modules/.bin', name), args, { cwd: work.path })
  await command('gql.tada', 'generate-output')
  await command('gql.tada', 'check', '--fail-on-warn')
  await command('tsc')
  program = await import(join(work.path, 'built/program.js'))
})
after(() => work?.remove())

test('the program runs', async () => {
  const who = await author()
  const tag = unique()
  await publishMany(who, 2, tag)
  assert.deepEqual(await program.lines(url, tag), [1, 2].map(n => `${tag} ${n} by ${who.username}, withheld, 0 bytes, 20`))
  assert.equal(await program.write(url, who.token, { title: 'Typed' }), `Typed by ${who.username}, ${who.username}@example.org, 0 bytes, never`)
})
