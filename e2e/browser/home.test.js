// Home: how much there is, how the server is, what is new.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { author, create, newsroom } from './newsroom.js'

const place = newsroom()

const count = (page, label) => page.getByRole('link').filter({ hasText: new RegExp(`^${label}\\s*[\\d,]+\\+?$`) })

scenario('home tells how much there is, how the stores are, and what is new', place, async (page, server) => {
  for (const title of ['First light', 'Second wind', 'Third time']) await create(server, { title })
  const file = new FormData()
  file.set('operations', JSON.stringify({ query: 'mutation ($file: Upload!) { uploadAsset(input: { file: $file }) { asset { id } } }', variables: { file: null } }))
  file.set('map', '{"0":["variables.file"]}')
  file.set('0', new Blob(['x'.repeat(2000)], { type: 'text/plain' }), 'notes.txt')
  const sent = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${server.token}`, 'GraphQL-Require-Preflight': '1' }, body: file })
  assert.equal((await sent.json()).errors, undefined)

  const asked = []
  page.on('request', r => { if (r.url().endsWith('/graphql') && r.method() === 'POST') asked.push(r.postDataJSON().operationName) })
  await page.goto(`${server.url}/admin/`)
  const dashboard = new Dashboard(page, server)
  await dashboard.signIn(admin.email, admin.password)
  await page.getByRole('heading', { name: 'Welcome, editor' }).waitFor()
  await count(page, 'Posts').filter({ hasText: '3' }).waitFor()
  await count(page, 'Users').filter({ hasText: '2' }).waitFor()
  await count(page, 'Files').filter({ hasText: '1' }).waitFor()
  const { serverStatus } = await server.graphql('{ serverStatus { version documents { kind } files { kind } } }', {}, server.token)
  const health = page.getByRole('region', { name: 'Server' })
  assert.equal(await health.getByText('Healthy').count(), 2)
  await health.getByText({ SQLITE: 'Embedded store', MONGODB: 'MongoDB' }[serverStatus.documents.kind]).waitFor()
  await health.getByText({ FILESYSTEM: 'Folder', S3: 'S3' }[serverStatus.files.kind], { exact: true }).waitFor()
  await health.getByText(serverStatus.version).waitFor()
  await health.getByText(/as of .*\d:\d\d/).waitFor()
  await page.getByRole('link', { name: 'Third time' }).waitFor()
  await page.getByRole('link', { name: 'notes.txt' }).waitFor()
  // What to do first: nothing that is done.
  await page.getByRole('link', { name: 'Make the first page' }).waitFor()
  assert.equal(await page.getByRole('link', { name: 'Make the first post' }).count(), 0)
  await page.getByRole('link', { name: 'Show all: Posts' }).click()
  await dashboard.row('First light').waitFor()

  asked.length = 0
  await dashboard.go('')
  await page.getByRole('link', { name: 'Third time' }).waitFor()
  assert.deepEqual(asked, ['Start', 'Home'])
})

scenario('home of an author is of their own, and tells nothing of the server', place, async (page, server) => {
  await Dashboard.open(page, server, author)
  await page.getByRole('heading', { name: 'Welcome, molly' }).waitFor()
  await page.getByText('Your posts').waitFor()
  await count(page, 'Your posts').filter({ hasText: '0' }).waitFor()
  assert.equal(await page.getByRole('region', { name: 'Server' }).count(), 0)
  assert.equal(await page.getByRole('link', { name: 'First light' }).count(), 0)
  await page.getByRole('link', { name: 'Make the first post' }).click()
  await page.getByLabel('Title').waitFor()
})
