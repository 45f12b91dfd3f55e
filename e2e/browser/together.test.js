// Several people in the dashboard at a time.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { author, create, newsroom, signIn } from './newsroom.js'

const place = newsroom()

scenario('who else has a record open is shown, until they leave it', place, async (page, server) => {
  const post = await create(server, { title: 'Two heads' }, await signIn(server, author))
  const address = `content/posts/${post.id}`
  await Dashboard.open(page, server, admin, address)
  await page.getByLabel('Title').waitFor()
  const molly = await Dashboard.elsewhere(page, server, author, address)
  await molly.page.getByText('Also open: editor').waitFor()
  const shown = page.getByRole('status').getByText('Also open: molly')
  await shown.waitFor()
  await molly.page.reload() // a second time, and once more the same person
  await molly.page.getByText('Also open: editor').waitFor()
  await shown.waitFor()
  await molly.page.getByRole('link', { name: 'Users' }).click()
  await shown.waitFor({ state: 'detached' })
  await molly.go(address)
  await shown.waitFor()
  await molly.page.context().close()
  await shown.waitFor({ state: 'detached' })
  const { post: now } = await server.graphql('query ($id: ID!) { post(id: $id) { version } }', { id: post.id }, server.token)
  assert.equal(now.version, post.version)
})
