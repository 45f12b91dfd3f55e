// Builds what the Grapnel binary embeds: internal/ui/dist/<page>/**.gz, or below
// the folder that is named as the only argument.
//
// Every file is stored gzip-compressed, with no name and no time in the header,
// so that a rebuild from the same sources gives the same bytes.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

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

// admin is the dashboard: sources of ours, checked, bundled, and the licences of what
// the bundle holds.
async function admin() {
  const root = join(here, 'admin')
  execFileSync(join(here, 'node_modules/.bin/tsc'), ['--project', root], { stdio: 'inherit' })
  const { output } = await build({ configFile: join(root, 'vite.config.js') })
  const files = new Map(output.map(file => [file.fileName, file.type === 'chunk' ? file.code : file.source]))
  for (const name of list(join(root, 'public'))) files.set(name, readFileSync(join(root, 'public', name)))
  files.set('session.graphql', readFileSync(join(root, 'src/api/session.graphql'))) // the server must know it
  files.set('licenses.txt', licenses(output.flatMap(file => file.moduleIds ?? [])))
  return files
}

// licenses are the texts of the licences of the packages that modules come from.
function licenses(modules) {
  const folders = modules.map(id => id.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)?.[0])
  const texts = new Map()
  for (const folder of new Set(folders)) {
    if (!folder) continue
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json')))
    const file = readdirSync(folder).find(name => /^licen[cs]e/i.test(name))
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`
    texts.set(`${name} ${version}`, text)
  }
  const sections = [...texts.keys()].sort().map(name => `${name}\n${'-'.repeat(name.length)}\n\n${texts.get(name)}\n`)
  return ['THIRD-PARTY SOFTWARE IN THE DASHBOARD\n', ...sections].join('\n')
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
write('admin', await admin())
