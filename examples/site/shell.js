// Puts the shell into the built index.html, with what previews of a shared link show, and
// the script that asks for the front page before any other is there. It asks the server at
// GRAPNEL_URL, if there is one, what the site is called.
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { runnerImport } from 'vite'

const { module: { shell } } = await runnerImport('./src/shell.tsx')
const { title, tagline } = await name(process.env.GRAPNEL_URL)
const head = [
  `<title>${text(title)}</title>`,
  `<meta name="description" content="${text(tagline)}">`,
  `<meta property="og:type" content="website">`,
  `<meta property="og:site_name" content="${text(title)}">`,
  `<meta property="og:title" content="${text(title)}">`,
  `<meta property="og:description" content="${text(tagline)}">`,
]
const script = early(JSON.parse(await readFile('src/gql/ids.json', 'utf8')))
const page = await readFile('dist/index.html', 'utf8')
await writeFile('dist/index.html', page
  .replace(`default-src 'self';`, policy => `${policy} script-src 'self' 'sha256-${createHash('sha256').update(script).digest('base64')}';`)
  .replace('<script', tag => `<script>${script}</script>\n    ${tag}`)
  .replace(/<title>.*<\/title>/, () => head.join('\n    '))
  .replace('<div id="root"></div>', () => `<div id="root">${shell()}</div>`))

// early asks just as urql will (src/client.ts), so that its answer is taken for urql's.
function early(ids) {
  const persistedQuery = { sha256Hash: ids.Posts, version: 1 }
  const url = `/graphql?${new URLSearchParams({ operationName: 'Posts', variables: '{"first":13}', extensions: JSON.stringify({ persistedQuery }) })}`
  const headers = { 'GraphQL-Require-Preflight': '1', Accept: 'application/json' }
  return `if(location.pathname==='/')window.early={url:'${url}',answer:fetch('${url}',${JSON.stringify({ headers })})}`
}

async function name(url) {
  if (!url) return { title: 'News', tagline: 'What is new, as it happens.' }
  const answer = await fetch(new URL('/graphql?query={site{title,tagline}}', url), { signal: AbortSignal.timeout(10_000) })
  const { data: { site } } = await answer.json()
  return { title: site.title, tagline: site.tagline ?? site.title }
}

function text(value) {
  return value.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt()};`)
}
