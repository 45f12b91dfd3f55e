// What people keep of a list: views, and files of what is filtered.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { author, create, newsroom } from './newsroom.js'

const place = newsroom()

scenario('a view is kept by its name, and shared by its address', place, async (page, server) => {
  await create(server, { title: 'Ebb', tags: ['tide'] })
  await create(server, { title: 'Flood', tags: ['tide'] })
  await create(server, { title: 'Moon' })
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts?whose=all&tags.has=tide&sort=-title&columns=title,tags')
  await dashboard.row('Flood').waitFor()
  const address = page.url()
  await dashboard.button('Views').click()
  await page.getByLabel('Name of the view').fill('Tides')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await dashboard.go('content/posts')
  await dashboard.row('Moon').waitFor()
  await dashboard.button('Views').click()
  await dashboard.button('Tides').click()
  const titles = page => page.locator('tbody a.title').allTextContents()
  const shows = async page => {
    await page.getByRole('row').filter({ hasText: 'Moon' }).waitFor({ state: 'detached' })
    await page.getByRole('row').filter({ hasText: 'Flood' }).waitFor()
    assert.deepEqual(await titles(page), ['Flood', 'Ebb'])
    assert.deepEqual((await page.getByRole('columnheader').allTextContents()).filter(Boolean), ['Title', 'Tags'])
  }
  await shows(page)
  const settings = address => [...new URL(address).searchParams].sort().join('&')
  assert.equal(settings(page.url()), settings(address))
  await dashboard.button('Remove: Tides').click()
  await page.getByText('Name what you filter and sort by now').waitFor()

  // Somebody else gets the same by the address, within what they may see.
  const molly = await Dashboard.elsewhere(page, server, author, 'content/posts')
  await molly.page.goto(address)
  await molly.page.getByText('Nothing fits').waitFor() // of drafts, which are not hers
  await molly.page.getByRole('button', { name: 'Remove: Tags' }).waitFor()
  await molly.page.context().close()
  for (const title of ['Ebb', 'Flood', 'Moon']) await publishTitled(server, title)
  const reader = await Dashboard.elsewhere(page, server, author, 'content/posts')
  await reader.page.goto(address)
  await shows(reader.page)
  await reader.page.context().close()
})

scenario('a filter is chosen in sight of all of it', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts')
  await dashboard.button('Filter').click()
  const field = page.getByRole('dialog').getByRole('combobox', { name: 'Field' }).or(page.getByRole('dialog').getByLabel('Field')).first()
  await field.waitFor()
  await page.waitForFunction(() => document.activeElement.tagName === 'INPUT')
  assert.equal(await page.getByRole('dialog').getByRole('option').count(), 0)
  await field.click()
  await page.getByRole('option', { name: 'Status' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).waitFor()
})

async function publishTitled(server, title) {
  const { posts } = await server.graphql('query ($title: String!) { posts(search: $title) { nodes { id } } }', { title }, server.token)
  await server.graphql('mutation ($id: ID!) { publishPost(input: { id: $id }) { post { id } } }', { id: posts.nodes[0].id }, server.token)
}

scenario('a JSON export has every field of all that is filtered, over all pages', place, async (page, server) => {
  const titles = Array.from({ length: 60 }, (_, i) => `Row ${String(i + 1).padStart(2, '0')}`)
  for (const title of titles) await create(server, { title, tags: ['many'], excerpt: `About "${title}"` })
  await create(server, { title: 'Another', tags: ['few'] })
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts?tags.has=many&columns=title&sort=title')
  await dashboard.row('Row 01').waitFor()
  await page.getByRole('button', { name: 'More' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: /JSON/ }).click()
  const file = await download
  assert.match(file.suggestedFilename(), /^posts-\d{4}-\d\d-\d\d\.json$/)
  const rows = JSON.parse(await readFile(await file.path(), 'utf8'))
  assert.deepEqual(rows.map(row => row.title), titles)
  const { id, title, excerpt, tags, status, author: { id: by } } = rows[6]
  assert.deepEqual({ title, excerpt, tags, status }, { title: 'Row 07', excerpt: 'About "Row 07"', tags: ['many'], status: 'DRAFT' })
  assert.match(id, /^post_/)
  assert.match(by, /^user_/)
  await page.getByText('60 exported.').waitFor()
})

scenario('a list that was open before is asked for before the scripts are there, and once', place, async (page, server) => {
  await create(server, { title: 'Early bird' })
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts?search=early')
  await dashboard.row('Early bird').waitFor()
  const asked = []
  page.on('request', r => { if (r.url().endsWith('/graphql') && r.method() === 'POST') asked.push(r.postDataJSON().operationName ?? 'List') })
  let release
  const held = new Promise(done => { release = done })
  await page.route('**/vendor-*.js', async route => { await held; await route.continue() })
  const both = page.waitForRequest(r => r.url().endsWith('/graphql') && r.postData().includes('query List'))
  await page.reload({ waitUntil: 'commit' })
  await both
  release()
  await dashboard.row('Early bird').waitFor()
  assert.deepEqual(asked, ['Start', 'List'])
  await page.unroute('**/vendor-*.js')

  // What was asked is forgotten with the session.
  const kept = () => page.evaluate(() => localStorage.getItem('grapnel.admin.asked'))
  assert.match(await kept(), /early/)
  await page.getByRole('button', { name: /Account/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await dashboard.button('Sign in').waitFor()
  assert.equal(await kept(), null)
})
