// What is typed into one field of a form is no business of the others.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runnerImport } from 'vite'

const { module: { Draft } } = await runnerImport(join(import.meta.dirname, 'admin/src/record/draft.ts'), { configFile: false, logLevel: 'error' })

test('an edit leaves what the other fields follow as it was', () => {
  const draft = new Draft({ title: '', tags: ['sea'] })
  const follow = () => [draft.get('tags'), draft.errors()]
  const before = follow()
  draft.set('title', 'Kelp')
  follow().forEach((now, i) => assert.equal(now, before[i]))
})

test('an edit takes away the errors of its own field, and those below it', () => {
  const draft = new Draft({ title: '', parts: [] })
  const errors = { title: 'too short', 'parts.0.name': 'too long', 'parts.1': 'missing' }
  draft.fail(errors)
  draft.set('title', 'Kelp')
  assert.deepEqual(draft.errors(), { 'parts.0.name': 'too long', 'parts.1': 'missing' })
  draft.set('parts', [1])
  assert.deepEqual(draft.errors(), {})
})
