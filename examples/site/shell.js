// Puts the shell into the built index.html, with what previews of a shared link show. It
// asks the server at GRAPNEL_URL, if there is one, what the site is called.
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
const page = await readFile('dist/index.html', 'utf8')
await writeFile('dist/index.html', page
  .replace(/<title>.*<\/title>/, () => head.join('\n    '))
  .replace('<div id="root"></div>', () => `<div id="root">${shell()}</div>`))

async function name(url) {
  if (!url) return { title: 'News', tagline: 'What is new, as it happens.' }
  const answer = await fetch(new URL('/graphql?query={site{title,tagline}}', url), { signal: AbortSignal.timeout(10_000) })
  const { data: { site } } = await answer.json()
  return { title: site.title, tagline: site.tagline ?? site.title }
}

function text(value) {
  return value.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt()};`)
}
