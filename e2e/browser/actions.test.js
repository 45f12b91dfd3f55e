// Actions are offered for what they apply to, and begin with what the record has.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { create, newsroom } from './newsroom.js'

const place = newsroom()

const publish = (server, id, at) => server.graphql('mutation ($input: PublishPostInput!) { publishPost(input: $input) { post { id } } }', { input: { id, at } }, server.token)

scenario('a draft is not unpublished, and a scheduled post proposes its time', place, async (page, server) => {
  const { id } = await create(server, { title: 'Low tide' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${id}`)
  await dashboard.button('Publish').waitFor()
  assert.equal(await dashboard.button('Unpublish').count(), 0)
  await publish(server, id, '2099-01-02T03:04:00Z')
  await dashboard.go(`content/posts/${id}`)
  await dashboard.button('Unpublish').waitFor()
  await dashboard.button('Publish').click()
  const at = page.getByRole('dialog').getByLabel('At')
  assert.equal(await at.evaluate(input => new Date(input.value).toISOString()), '2099-01-02T03:04:00.000Z')
  await at.fill('2099-02-03T04:05')
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('Done.').waitFor()
  const { post } = await server.graphql('query ($id: ID!) { post(id: $id) { publishedAt } }', { id }, server.token)
  assert.equal(post.publishedAt, await page.evaluate(() => new Date('2099-02-03T04:05').toISOString()))
  await dashboard.button('Unpublish').click()
  await dashboard.button('Unpublish').waitFor({ state: 'detached' })
})

scenario('what is done to many is done to those to which it applies', place, async (page, server) => {
  const [draft, open] = [await create(server, { title: 'Bulk draft' }), await create(server, { title: 'Bulk open' })]
  await publish(server, open.id)
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts?search=bulk&columns=title')
  await page.getByLabel('Select Bulk draft').check()
  await dashboard.button('Actions').click()
  await page.getByRole('menuitem', { name: 'Publish', exact: true }).waitFor()
  assert.equal(await page.getByRole('menuitem', { name: 'Unpublish' }).count(), 0)
  await page.keyboard.press('Escape')
  await page.getByLabel('Select Bulk open').check()
  await dashboard.button('Actions').click()
  await page.getByRole('menuitem', { name: 'Unpublish' }).click()
  await page.getByText('1 done.').waitFor()
  const { nodes } = await server.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { status version } } }', { ids: [draft.id, open.id] }, server.token)
  assert.deepEqual(nodes.map(post => post.status), ['DRAFT', 'DRAFT'])
  assert.equal(nodes[0].version, draft.version)
})

scenario('an account is suspended or let in again, and keeps its role until another is chosen', place, async (page, server) => {
  const { users } = await server.graphql('{ users(search: "molly") { nodes { id } } }', {}, server.token)
  const dashboard = await Dashboard.open(page, server, admin, `content/users/${users.nodes[0].id}`)
  await dashboard.button('Suspend').waitFor()
  assert.equal(await dashboard.button('End suspension').count(), 0)
  await dashboard.button('Set role').click()
  assert.equal(await page.getByRole('dialog').getByLabel('Role').first().inputValue(), 'Author')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await dashboard.button('Suspend').click()
  await dashboard.button('End suspension').waitFor()
  assert.equal(await dashboard.button('Suspend').count(), 0)
})
