// A chromium whose pages may talk to one server only.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { start } from './grapnel.js'

export const admin = { email: 'editor@example.com', password: 'correct horse battery' }

// surroundings are a browser and a server with an administrator, if it is not new, for all
// tests of a file. The server has settings beside its usual ones, may be that of a project,
// and is prepared before the first.
export function surroundings(settings, prepare, { binary, isNew } = {}) {
  const all = {}
  before(async () => {
    [all.browser, all.server] = await Promise.all([launch(), start({ admin: isNew ? undefined : admin, settings, binary })])
    await prepare?.(all.server)
  })
  after(async () => {
    await all.browser?.close()
    await all.server?.stop()
  })
  return () => all
}

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
})

// scenario is a test with a page in a fresh context. It fails when the page asks
// any other host than the server's, has an error on its console (a violated
// content security policy is one), or throws. A failure leaves a screenshot. `expected`
// finds the errors that are meant to be on the console: browsers write each 401 there. `also` are
// origins beside the server's to which the page may go.
export function scenario(name, surroundings, run, { expected, also = [] } = {}) {
  test(name, { timeout: 120_000 }, async () => {
    const { browser, server } = surroundings()
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
    context.setDefaultTimeout(30_000)
    const problems = []
    await context.route(url => url.origin !== server.url && !also.includes(url.origin), route => {
      problems.push(`outside request: ${route.request().url()}`)
      return route.abort()
    })
    const page = await context.newPage()
    page.on('console', m => { if (m.type() === 'error' && !expected?.test(m.text())) problems.push(`console: ${m.text()} ${m.location().url}`) })
    page.on('pageerror', e => problems.push(`page: ${e.message}`))
    page.on('websocket', s => {
      if (new URL(s.url()).host !== new URL(server.url).host) problems.push(`outside socket: ${s.url()}`)
    })
    try {
      await run(page, server)
      assert.deepEqual(problems, [])
    } catch (failure) {
      const folder = join(import.meta.dirname, 'screenshots')
      await mkdir(folder, { recursive: true })
      await page.screenshot({ path: join(folder, `${name.replace(/\W+/g, '-')}.png`) }).catch(() => {})
      if (problems.length) failure.message += `\n${problems.join('\n')}`
      throw failure
    } finally {
      await context.close()
    }
  })
}
