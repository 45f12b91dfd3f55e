// The programs of the guide to providers, as they stand there.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { scenario, surroundings } from './browser.js'
import { startOpenID } from './openid.js'

const guide = await readFile(resolve(import.meta.dirname, '../../docs/guides/providers.md'), 'utf8')
const program = name => guide.match(new RegExp('```js\n// ' + name.replace('.', '\\.') + '\n([^]*?)```'))[1]

const provider = await startOpenID()
const pages = createServer()
await once(pages.listen(0, '127.0.0.1'), 'listening')
const app = `http://127.0.0.1:${pages.address().port}`
after(() => Promise.all([provider.stop(), new Promise(done => pages.close(done))]))

const place = surroundings({ ...provider.settings, GRAPNEL_PRODUCTION: 'true', GRAPNEL_ORIGINS: app, GRAPNEL_APP_SCHEMES: 'org.example.app' })

scenario('a SPA of another origin signs people in', place, async (page, server) => {
  const script = program('spa.js').replace('https://api.example.org', server.url)
  pages.on('request', (request, response) => {
    response.setHeader('Content-Type', request.url === '/spa.js' ? 'text/javascript' : 'text/html')
    response.end(request.url === '/spa.js' ? script : `<!doctype html><link rel="icon" href="data:,"><p></p><script type="module">
      import { leaveFor, providers, returned } from './spa.js'
      const who = await returned()
      if (who) document.querySelector('p').textContent = who.viewer.email + ' ' + who.tokens.accessToken.split('.').length
      else for (const { name, label } of await providers()) {
        const button = document.body.appendChild(document.createElement('button'))
        button.textContent = label
        button.onclick = () => leaveFor(name)
      }
    </script>`)
  })
  await page.goto(`${app}/`)
  await page.getByRole('button', { name: 'Company' }).click()
  await page.getByLabel('Username:').fill('ada')
  await page.getByLabel('Password:').fill('verysecure')
  await page.getByRole('button', { name: 'Login' }).click()
  await page.getByText('ada@example.org 3').waitFor()
  assert.equal(page.url(), `${app}/`)
}, { also: [provider.origin, app], expected: /favicon/ })

test('an app signs people in by the browser of the system', { timeout: 60_000 }, async () => {
  const { server } = place()
  const folder = await mkdtemp(join(tmpdir(), 'grapnel-phone-'))
  await writeFile(join(folder, 'phone.mjs'), program('phone.mjs'))
  const phone = spawn(process.execPath, [join(folder, 'phone.mjs')], { env: { ...process.env, GRAPNEL_URL: `${server.url}/graphql` }, stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const lines = createInterface({ input: phone.stdout })[Symbol.asyncIterator]()
    phone.stdin.write(`${await signIn((await lines.next()).value)}\n`)
    assert.equal((await lines.next()).value, 'ada@example.org')
  } finally {
    phone.kill()
    await rm(folder, { recursive: true, force: true })
  }
})

// signIn is what the browser of the system does until an address is not one of the web.
async function signIn(at) {
  let response = await fetch(at)
  const id = (await response.text()).match(/name="id" value="([^"]+)"/)[1]
  response = await fetch(response.url, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ id, username: 'ada', password: 'verysecure' }) })
  for (let next = response.headers.get('location'), from = response.url; ; from = next, next = response.headers.get('location')) {
    next = new URL(next, from).href
    if (!next.startsWith('http')) return next
    response = await fetch(next, { redirect: 'manual' })
  }
}
