// Builds what the Grapnel binary embeds: internal/ui/dist/<page>/**.gz, or below
// the folder that is named as the only argument.
//
// Every file is stored gzip-compressed, with no name and no time in the header,
// so that a rebuild from the same sources gives the same bytes.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const dist = process.argv[2] ?? join(here, '../internal/ui/dist')

// playground is Altair's static build with our start-up script. Left out are
// translations (English stays), the sandbox for pre-request scripts (the
// content security policy refuses its eval) and legacy font files.
function playground() {
  const altair = join(here, 'node_modules/altair-static/build/dist')
  const unwanted = /^iframe-sandbox\/|^assets\/i18n\/(?!(default|en|en-US)\.json$)|\.woff$|^favicon\.ico$/
  const files = new Map()
  for (const name of list(altair)) {
    if (!unwanted.test(name)) files.set(name, readFileSync(join(altair, name)))
  }
  for (const name of ['init.js', 'favicon.svg', 'licenses.txt']) {
    files.set(name, readFileSync(join(here, 'playground', name)))
  }
  files.set('index.html', change('index.html', files, [
    ['<html>', '<html lang="en">'],
    ['<title>Altair</title>', '<title>Grapnel playground</title>'],
    ['<base href="/" />', '<base href="./" />'], // works under any prefix of a proxy
    ['type="image/x-icon" href="favicon.ico"', 'type="image/svg+xml" href="favicon.svg"'],
    ['</body>', '  <script type="module" src="init.js"></script>\n  </body>'],
  ]))
  files.set('assets/i18n/en-US.json', change('assets/i18n/en-US.json', files, [
    ['Ezio my friend, how may I be of service?', 'Send a request to see its answer here.'],
  ]))
  return files
}

// change replaces parts of a file of Altair's that must each stand there once.
function change(name, files, changes) {
  let text = files.get(name).toString()
  for (const [from, to] of changes) {
    if (text.split(from).length !== 2) throw new Error(`${name} of Altair has changed: ${from}`)
    text = text.replace(from, to)
  }
  return text
}

// list returns the names of the files under a folder, in a fixed order.
function list(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}

function write(name, files) {
  const folder = join(dist, name)
  rmSync(folder, { recursive: true, force: true })
  let raw = 0
  let packed = 0
  for (const [path, content] of files) {
    const target = join(folder, `${path}.gz`)
    const bytes = gzipSync(content, { level: 9 })
    bytes[9] = 255 // the operating system that packed it: unknown
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, bytes)
    raw += Buffer.byteLength(content)
    packed += bytes.length
  }
  const mb = bytes => (bytes / 1e6).toFixed(2)
  console.log(`${name}: ${files.size} files, ${mb(raw)} MB, ${mb(packed)} MB compressed`)
}

write('playground', playground())
