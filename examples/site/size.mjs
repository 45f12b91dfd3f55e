// What the built site weighs, as it is sent: gzip.
import { readdir, readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

let script = 0
for (const name of (await readdir('dist/assets')).sort()) {
  const size = gzipSync(await readFile(`dist/assets/${name}`)).length
  if (name.endsWith('.js')) script += size
  console.log(`${(size / 1000).toFixed(1).padStart(7)} kB  ${name}`)
}
console.log(`${(script / 1000).toFixed(1).padStart(7)} kB  of script in all; 150 kB at most`)
process.exitCode = script > 150_000 ? 1 : 0
