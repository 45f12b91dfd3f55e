// graphql-codegen with its client preset, and tsc over a program that uses what
// comes out.
import assert from 'node:assert/strict'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { author, folder, publishMany, run, unique, url } from './grapnel.js'

let work
before(async () => {
  work = await folder()
  await cp(join(import.meta.dirname, 'codegen'), work.path, { recursive: true })
  await writeFile(join(work.path, 'package.json'), '{"type": "module"}')
})
after(() => work?.remove())

// generate runs the command as an app does, on a schema, into a folder.
async function generate(schema, into) {
  const config = {
    schema,
    documents: ['program.ts'],
    generates: {
      [`${into}/`]: {
        preset: 'client',
        config: {
          strictScalars: true,
          scalars: { ID: 'string', Time: 'string', Int64: 'number', Decimal: 'string', JSON: 'unknown', Upload: 'File' },
          useTypeImports: true,
          enumsAsTypes: true,
        },
        presetConfig: { fragmentMasking: true },
      },
    },
    emitLegacyCommonJSImports: false,
  }
  await writeFile(join(work.path, `${into}.json`), JSON.stringify(config))
  await command('graphql-codegen', '--config', `${into}.json`)
}

const command = (name, ...args) => run(join('node_modules/.bin', name), args, { cwd: work.path })

test('the printed schema gives types and documents', async () => {
  await generate('schema.graphql', 'generated')
  const types = await readFile(join(work.path, 'generated/graphql.ts'), 'utf8')
  assert.match(types, /export type CreatePostInput = \{/)
  assert.match(types, /export const PageDocument = /)
})

test('introspection gives the same', async () => {
  await generate(url, 'introspected')
  const files = await readdir(join(work.path, 'generated'))
  assert.deepEqual(await readdir(join(work.path, 'introspected')), files)
  for (const file of files) {
    assert.equal(
      await readFile(join(work.path, 'introspected', file), 'utf8'),
      await readFile(join(work.path, 'generated', file), 'utf8'), file)
  }
})

const strict = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--skipLibCheck']

test('tsc --strict takes a program that uses them', async () => {
  await command('tsc', ...strict, '--noEmit', 'program.ts')
})

test('the program runs', async () => {
  await command('tsc', ...strict, '--outDir', 'built', 'program.ts')
  const program = await import(join(work.path, 'built/program.js'))
  const who = await author()
  const tag = unique()
  const ids = await publishMany(who, 3, tag)
  const line = (title, published) => `${title} by ${who.username}, ${tag}, 0 bytes, ${published}`
  assert.deepEqual(await program.titles(url, tag), [1, 2, 3].map(n => line(`${tag} ${n}`, '20')))
  assert.equal(await program.name(url, ids[0]), `${tag} 1`)
  assert.equal(await program.name(url, who.id), who.username)
  assert.equal(await program.write(url, who.token, { title: 'Typed', tags: [tag] }), line('Typed', 'ne'))
})
