// A key for a program is made, used, and revoked.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { Form } from './form.js'
import { newsroom } from './newsroom.js'

const place = newsroom()

const fields = [
  { label: 'Name', enter: 'text', first: 'Nightly import' },
  { label: 'Role', enter: 'option', first: 'Editor' },
  { label: 'Types', enter: 'tags', first: ['Post'] },
  { label: 'Operations', enter: 'options', first: ['Read'] },
]

scenario('a key is shown once, opens what it is for, and is refused when it is revoked', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/apiKeys/new')
  await page.getByRole('heading', { name: 'New API key' }).waitFor()
  const form = new Form(page)
  await form.fill(fields, 'first')
  await dashboard.button('Create').click()
  const dialog = page.getByRole('dialog', { name: 'This is shown once' })
  const key = await dialog.locator('pre').textContent()
  assert.match(key, /^grapnel_[0-9A-Za-z]{36}$/)
  await dialog.getByRole('button', { name: 'Copy: Key' }).waitFor()

  // With it a program asks, which has no cookies.
  const ask = query => fetch(`${server.url}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: JSON.stringify({ query }),
  })
  const answer = await (await ask('{ viewer { id } posts { totalCount } users { totalCount } }')).json()
  assert.deepEqual(answer, { data: { viewer: null, posts: { totalCount: 0 }, users: { totalCount: 0 } } })

  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await dashboard.button('Revoke API key').click()
  await dashboard.button('Revoke API key').waitFor({ state: 'detached' })
  assert.equal((await ask('{ posts { totalCount } }')).status, 401)
  await page.reload()
  await page.getByRole('heading', { name: 'Nightly import' }).waitFor()
  assert.ok(!(await page.content()).includes(key), 'it is shown again')
  await dashboard.go('content/apiKeys')
  await dashboard.row('Nightly import').getByText(key.slice(0, 14)).waitFor()
})
