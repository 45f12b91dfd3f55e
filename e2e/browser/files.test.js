// Files: they are sent, stopped, tried again, and given other bytes.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { create, newsroom } from './newsroom.js'

const place = newsroom()

const text = (name, content) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) })

// choose hands files to the chooser that a button opens.
async function choose(page, button, files) {
  const chooser = page.waitForEvent('filechooser')
  await button.click()
  await (await chooser).setFiles(files)
}

// slowly has the page send so many bytes a second; 0 as many as it can.
async function slowly(page, rate) {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: rate || -1 })
  return session
}

const uploads = page => page.getByRole('region', { name: 'Upload' })

scenario('uploads show how far they are, and can be stopped', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/assets')
  await dashboard.button('Upload').waitFor()
  const network = await slowly(page, 500_000)
  await choose(page, dashboard.button('Upload'), [text('slow.txt', 'slow '.repeat(400_000)), text('stopped.txt', 'stop '.repeat(400_000))])
  const bar = uploads(page).getByRole('progressbar', { name: 'Uploading slow.txt' })
  await bar.waitFor()
  let part = 0
  for (const seen = Date.now(); part <= 0 || part >= 100; part = Number(await bar.getAttribute('aria-valuenow'))) {
    assert.ok(Date.now() - seen < 20_000, 'no progress is shown')
  }
  await uploads(page).getByRole('button', { name: 'Cancel: stopped.txt' }).click()
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  await uploads(page).getByLabel('Done.').waitFor()
  assert.equal(await uploads(page).getByText('stopped.txt').count(), 0)
  await page.getByRole('link', { name: 'slow.txt' }).first().waitFor()
  const { assets } = await server.graphql('{ assets { nodes { filename } } }', {}, server.token)
  assert.ok(!assets.nodes.some(file => file.filename === 'stopped.txt'))
})

scenario('an upload that failed is tried again, the others are not sent twice', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/assets')
  await dashboard.button('Upload').waitFor()
  let failing = true
  await page.route('**/graphql', route => (failing && route.request().postData()?.includes('again.txt') ? route.abort() : route.fallback()))
  await choose(page, dashboard.button('Upload'), [text('again.txt', 'again'), text('fine.txt', 'fine'), text('empty.txt', '')])
  await uploads(page).getByRole('alert').filter({ hasText: 'The server does not answer.' }).waitFor()
  await uploads(page).getByText('The file is empty.').waitFor()
  await uploads(page).getByLabel('Done.').waitFor()
  failing = false
  await uploads(page).getByRole('button', { name: 'Try again: again.txt' }).click()
  await page.getByRole('link', { name: 'again.txt' }).first().waitFor()
  await uploads(page).getByRole('button', { name: 'Remove: empty.txt' }).click()
  assert.equal(await uploads(page).getByRole('alert').count(), 0)
  const { assets } = await server.graphql('{ assets { nodes { filename } } }', {}, server.token)
  const count = name => assets.nodes.filter(file => file.filename === name).length
  assert.deepEqual([count('again.txt'), count('fine.txt'), count('empty.txt')], [1, 1, 0])
}, { expected: /ERR_FAILED/ })

scenario('a file gets other bytes, which its address then serves', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/assets')
  await choose(page, dashboard.button('Upload'), [text('report.txt', 'first edition')])
  await page.getByRole('link', { name: 'report.txt' }).first().click()
  const link = page.getByRole('link', { name: 'Open', exact: true })
  const before = await link.getAttribute('href')
  const replace = page.getByRole('button', { name: 'Replace the file' })
  await choose(page, replace, text('empty.txt', ''))
  await page.getByRole('alert').filter({ hasText: 'The file is empty.' }).waitFor()
  assert.equal(await link.getAttribute('href'), before)
  await choose(page, replace, text('second.txt', 'second edition'))
  await page.waitForFunction(before => [...document.querySelectorAll('a[target=_blank]')].every(a => a.getAttribute('href') !== before), before)
  assert.equal(await page.getByRole('alert').count(), 0)
  assert.equal(await (await fetch(await link.getAttribute('href'))).text(), 'second edition')
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'report.txt')
})

// A picture of one white dot.
const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==', 'base64')
const picture = (name, buffer = dot) => ({ name, mimeType: 'image/png', buffer })

scenario('a file is found by its name, in the library and where one is chosen', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/assets')
  await choose(page, dashboard.button('Upload'), [picture('harbour-wall.png'), picture('lighthouse.png')])
  await page.getByRole('link', { name: 'lighthouse.png' }).first().waitFor()
  await page.getByRole('searchbox', { name: 'Search files' }).fill('harb')
  await page.getByRole('link', { name: 'lighthouse.png' }).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'harbour-wall.png' }).waitFor()
  await dashboard.go('content/posts/new')
  await dashboard.button('Choose').click()
  await page.getByRole('dialog').getByRole('button', { name: 'lighthouse.png' }).waitFor()
  await page.getByRole('dialog').getByRole('searchbox', { name: 'Search files' }).fill('wall')
  await page.getByRole('dialog').getByRole('button', { name: 'lighthouse.png' }).waitFor({ state: 'detached' })
  await page.getByRole('dialog').getByRole('button', { name: 'harbour-wall.png' }).click()
  await page.getByRole('button', { name: 'Remove: harbour-wall.png' }).waitFor()
})

scenario('what is no picture is refused as one at once', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts/new')
  const cover = page.getByRole('group', { name: 'Cover' })
  await choose(page, cover.getByRole('button', { name: 'Upload' }), [picture('fake.png', Buffer.from('I am no picture'))])
  await cover.getByText('fake.png is not a picture.').waitFor()
  assert.equal(await dashboard.button('Remove: fake.png').count(), 0)
  await choose(page, cover.getByRole('button', { name: 'Upload' }), [picture('true.png')])
  await dashboard.button('Remove: true.png').waitFor()
  assert.equal(await cover.getByText('is not a picture').count(), 0)
})

scenario('a picture in a text has an address that no move to another host breaks', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts/new')
  await page.getByLabel('Title').fill('Illustrated')
  await choose(page, page.getByRole('button', { name: 'Picture' }), [picture('pier.png')])
  const body = page.getByRole('textbox', { name: 'Body' })
  await page.waitForFunction(() => /!\[/.test(document.querySelector('.markdown-area').value))
  assert.match(await body.inputValue(), /^!\[pier.png\]\(\/files\/[^)]+\)\n$/)
  await page.getByText('Preview', { exact: true }).click()
  await page.waitForFunction(() => document.querySelector('.markdown-preview img')?.naturalWidth === 1)
  await dashboard.button('Create').click()
  await dashboard.saved()
  const { posts } = await server.graphql('{ posts(search: "illustrated") { nodes { bodyHtml cover { id } } } }', {}, server.token)
  const [, src] = posts.nodes[0].bodyHtml.match(/<img src="([^"]+)"/) // for frontends elsewhere, too
  assert.ok(src.startsWith(`${server.url}/files/`), src)
  assert.equal((await fetch(src)).headers.get('content-type'), 'image/png')
  const { assets } = await server.graphql('{ assets(search: "pier") { nodes { usedBy { type } } } }', {}, server.token)
  assert.deepEqual(assets.nodes[0].usedBy, [{ type: 'Post' }])
})

scenario('where a file is used stands beside it, and is said before it is deleted', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/assets')
  for (const name of ['tide.txt', 'alone.txt']) {
    await choose(page, dashboard.button('Upload'), [text(name, name)])
    await page.getByRole('link', { name }).first().waitFor()
  }
  const { assets } = await server.graphql('{ assets { nodes { id filename } } }', {}, server.token)
  const { id } = assets.nodes.find(file => file.filename === 'tide.txt')
  for (let n = 1; n <= 11; n++) await create(server, { title: `Tides ${n}`, body: `See ${id}.` })
  await server.graphql('mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { site { version } } }',
    { input: { expectedVersion: (await server.graphql('{ site { version } }', {}, server.token)).site.version, footer: `See ${id}.` } }, server.token)

  const asked = []
  page.on('request', r => { if (r.url().endsWith('/graphql')) asked.push(r.postDataJSON().operationName) })
  await dashboard.go('content/assets?as=table&sort=filename')
  await dashboard.row('alone.txt').getByText('Not used').waitFor()
  await dashboard.row('tide.txt').getByText('+9 …').waitFor()
  await dashboard.row('tide.txt').getByText('8 bytes', { exact: true }).waitFor()
  assert.deepEqual(asked, ['Start', 'List'])

  asked.length = 0
  await page.getByRole('link', { name: 'tide.txt' }).click()
  const uses = page.getByRole('region', { name: 'Used in' })
  await uses.getByText('12', { exact: true }).waitFor()
  assert.equal(await uses.getByRole('link').count(), 8)
  await uses.getByRole('button', { name: 'Show more (+4)' }).click()
  assert.equal(await uses.getByRole('link').count(), 12)
  await uses.getByRole('listitem').filter({ hasText: 'Site · Footer' }).waitFor()
  await uses.getByRole('listitem').filter({ hasText: 'Post · Body' }).first().waitFor()
  assert.deepEqual(asked.toSorted(), ['Record', 'Uses'])

  await dashboard.button('More').click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByText('12 records use what you delete, and will lose it.').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await uses.getByRole('link', { name: /^Tides/ }).first().click()
  await page.getByRole('heading', { name: /^Tides/, level: 1 }).waitFor()

  await dashboard.go('content/assets')
  for (const name of ['tide.txt', 'alone.txt']) await page.getByLabel(`Select ${name}`).check()
  await dashboard.button('Delete').click()
  await page.getByRole('dialog').getByText('12 records use what you delete, and will lose it.').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('link', { name: 'tide.txt' }).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'alone.txt' }).waitFor({ state: 'detached' })
})
