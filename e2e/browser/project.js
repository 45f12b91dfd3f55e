// Makes a project of its own as a user does: `init`, a schema, `go generate`, `go build`.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { binaryAt, root } from './grapnel.js'

const run = promisify(execFile)

// buildProject makes the project of a folder of testdata, which holds its schema/ and
// what is written by hand of its resolvers/, and is the path of its binary. It stands on
// this checkout, in the same folder each time: so Go's cache knows its packages, whose
// compilation takes longer than all else here.
export async function buildProject(name) {
  const project = join(import.meta.dirname, 'built', name)
  await rm(project, { recursive: true, force: true })
  const folder = await mkdtemp(join(tmpdir(), 'grapnel-project-'))
  try {
    await run(await binaryAt(folder), ['init', project, '--grapnel', root], { timeout: 300_000 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  await cp(join(import.meta.dirname, 'testdata', name), project, { recursive: true })
  await run('go', ['generate', '.'], { cwd: project, timeout: 300_000 })
  await run('go', ['build', '-o', 'server', '.'], { cwd: project, timeout: 300_000 })
  return join(project, 'server')
}
