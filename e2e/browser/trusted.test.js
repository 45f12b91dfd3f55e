// The dashboard of a server that runs trusted documents alone: its own documents run for
// those who use it, and strangers run none.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { author, create, documents, newsroom } from './newsroom.js'

const folder = mkdtempSync(join(tmpdir(), 'grapnel-manifest-'))
const manifest = join(folder, 'persisted.json')
writeFileSync(manifest, JSON.stringify(documents))
after(() => rmSync(folder, { recursive: true }))

const place = newsroom({ GRAPNEL_TRUSTED_DOCUMENTS: manifest, GRAPNEL_PRODUCTION: 'true' })

const lists = (page, title) => page.getByRole('row').filter({ hasText: title }).waitFor()

for (const [role, who] of Object.entries({ administrator: admin, author })) {
  scenario(`an ${role} works with the dashboard as on any server`, place, async (page, server) => {
    const dashboard = await Dashboard.open(page, server, who, 'content/posts/new')
    await page.getByLabel('Title').fill(`Read by an ${role}`)
    await dashboard.button('Create').click()
    await dashboard.saved()
    await dashboard.go('content/posts')
    await lists(page, `Read by an ${role}`)
    // A session that is renewed, and one that ends.
    const context = page.context()
    await context.clearCookies({ name: 'grapnel_access' })
    await dashboard.go('content/posts')
    await lists(page, `Read by an ${role}`)
    await context.clearCookies()
    await page.getByLabel('Search posts').fill('read')
    await page.getByText('Sign in again').first().waitFor()
    await page.getByLabel('Password', { exact: true }).fill(who.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await lists(page, `Read by an ${role}`)
  }, { expected: /status of 40[01]/ })
}

scenario('strangers and members run nothing but what is trusted', place, async (page, server) => {
  await create(server, { title: 'A draft' })
  await page.goto(`${server.url}/admin/`)
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  const member = { email: 'mo@example.com', password: 'narrow gauge trains' }
  const send = query => page.evaluate(query => fetch('../graphql', {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'GraphQL-Require-Preflight': '1' }, body: JSON.stringify({ query }),
  }).then(r => r.json()), query)
  const refused = async query => assert.equal((await send(query)).errors?.[0].extensions.code, 'DOCUMENT_NOT_TRUSTED')
  await refused('{ posts { nodes { title } } }')
  await server.graphql(documents.signUp, { input: { username: 'mona', ...member } })
  await new Dashboard(page, server).signIn(member.email, member.password)
  await page.getByText('runs only trusted documents for you').waitFor()
  await refused('{ posts { nodes { title } } }')
}, { expected: /status of 400/ })
