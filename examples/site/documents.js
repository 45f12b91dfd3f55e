// Makes the manifest of trusted documents, and the ids by the names of the operations,
// of what graphql-codegen has made. The texts are those that urql sends, letter by
// letter, so that their hashes are good for a server without the manifest, too.
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { formatDocument, getOperationName, stringifyDocument } from '@urql/core'
import { runnerImport } from 'vite'

const { module: generated } = await runnerImport('./src/gql/graphql.ts')
const manifest = {}
const ids = {}
for (const document of Object.values(generated)) {
  const name = getOperationName(document)
  if (!name) continue // a fragment
  const text = stringifyDocument(formatDocument(document))
  ids[name] = createHash('sha256').update(text).digest('hex')
  manifest[ids[name]] = text
}
await writeFile('persisted.json', JSON.stringify(manifest, null, 2) + '\n')
await writeFile('src/gql/ids.json', JSON.stringify(ids, null, 2) + '\n')
console.log(`persisted.json has ${Object.keys(manifest).length} operations.`)
