// A server that signs out whoever does nothing for some seconds.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { create, newsroom } from './newsroom.js'

const place = newsroom({ GRAPNEL_ADMIN_IDLE: '8s' })

scenario('who does nothing is signed out, and goes on where they were', place, async (page, server) => {
  const post = await create(server, { title: 'A long breath' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await page.getByLabel('Title').fill('A longer breath')
  const dialog = page.getByRole('dialog', { name: 'Sign in again' })
  await dialog.waitFor()
  const { viewer } = await page.evaluate(async () => (await (await fetch('/graphql', {
    method: 'POST', headers: { 'content-type': 'application/json', 'GraphQL-Require-Preflight': '1' }, body: '{"query":"{ viewer { id } }"}',
  })).json()).data)
  assert.equal(viewer, null)
  await page.keyboard.press('Escape') // leads nowhere
  await dialog.getByLabel('Password', { exact: true }).fill(admin.password)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.equal(await page.getByLabel('Title').inputValue(), 'A longer breath')
  await dashboard.button('Save').click()
  await dashboard.saved()
}, { expected: /status of 401/ })
