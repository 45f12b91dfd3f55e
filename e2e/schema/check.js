// Fails when the schema on standard input breaks clients of the last release
// and CHANGELOG.md does not say so.
import { existsSync, readFileSync } from 'node:fs'
import { announced, breaking } from './breaking.js'

const root = new URL('../../', import.meta.url)
const released = new URL('docs/released.graphql', root)
const present = readFileSync(0, 'utf8')

if (!existsSync(released)) {
  console.log('There is no released schema yet: any change goes.')
} else {
  const changes = breaking(readFileSync(released, 'utf8'), present)
  changes.forEach((c) => console.log(`breaking: ${c}`))
  if (changes.length && !announced(readFileSync(new URL('CHANGELOG.md', root), 'utf8'))) {
    console.error('Say under "## [Unreleased]", "### Breaking" of CHANGELOG.md what clients have to change, or keep the schema as it was.')
    process.exitCode = 1
  }
}
