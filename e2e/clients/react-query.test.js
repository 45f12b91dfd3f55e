// React Query with the client preset of graphql-codegen, whose documents are texts.
import assert from 'node:assert/strict'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { author, folder, publishMany, run, unique, url } from './grapnel.js'

let work, program
before(async () => {
  work = await folder()
  await cp(join(import.meta.dirname, 'react-query'), work.path, { recursive: true })
  await writeFile(join(work.path, 'package.json'), '{"type": "module"}')
  await writeFile(join(work.path, 'codegen.json'), JSON.stringify({
    schema: 'schema.graphql',
    documents: ['program.ts'],
    generates: { 'generated/': { preset: 'client', presetConfig: { fragmentMasking: false }, config: { documentMode: 'string', useTypeImports: true, enumsAsTypes: true } } },
    emitLegacyCommonJSImports: false,
  }))
  const command = (name, ...args) => run(join('node_modules/.bin', name), args, { cwd: work.path })
  await command('graphql-codegen', '--config', 'codegen.json')
  await command('tsc', '--strict', '--target', 'es2022', '--module', 'nodenext', '--skipLibCheck', '--outDir', 'built', 'program.ts')
  program = await import(join(work.path, 'built/program.js'))
})
after(() => work?.remove())

test('all pages, a mutation, and the code of an error', async () => {
  const who = await author()
  const tag = unique()
  await publishMany(who, 5, tag)
  assert.deepEqual(await program.titles(url, tag), [5, 4, 3, 2, 1].map(n => `${tag} ${n} by ${who.username}, withheld`))
  assert.equal(await program.write(url, who.token, 'Made'), 'Made')
  assert.equal(await program.write(url, who.token, ''), 'BAD_USER_INPUT')
  assert.equal(await program.write(url, undefined, 'x'), 'UNAUTHENTICATED')
})
