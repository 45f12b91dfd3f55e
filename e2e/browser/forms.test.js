// What is made in forms beside plain fields, and what happens when the store is gone.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { Form } from './form.js'
import { create, newsroom } from './newsroom.js'

const place = newsroom()

const read = (server, query, variables) => server.graphql(query, variables, server.token)

scenario('a page is made in place, from the entry of the menu that shall lead to it', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/site')
  await page.getByLabel('Tagline').fill('Every morning')
  await page.getByRole('button', { name: 'Add navigation link' }).click()
  const entry = new Form(page, page.getByRole('group', { name: 'Navigation' }).getByRole('listitem').first())
  await entry.fill([{ label: 'Label', enter: 'text', first: 'About us' }], 'first')
  await entry.button('New page').click()
  const dialog = page.getByRole('dialog', { name: 'New page' })
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Must be given.').first().waitFor()
  await dialog.getByLabel('Title').fill('About')
  await dialog.getByLabel('Slug').fill('about')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await entry.shows([{ label: 'Page', enter: 'reference', first: 'About' }], 'first')
  assert.equal(await page.getByLabel('Tagline').inputValue(), 'Every morning')
  await dashboard.button('Save').click()
  await dashboard.saved()
  const { site } = await read(server, '{ site { tagline navigation { label page { title } } } }')
  assert.deepEqual(site, { tagline: 'Every morning', navigation: [{ label: 'About us', page: { title: 'About' } }] })
})

const socialLinks = server => read(server, '{ site { socialLinks { label } } }').then(({ site }) => site.socialLinks.map(l => l.label))

scenario('values of a list are reordered by the keyboard and by drag', place, async (page, server) => {
  const links = ['Alpha', 'Beta', 'Gamma'].map(label => ({ label, url: `https://${label.toLowerCase()}.example` }))
  await read(server, 'mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { site { id } } }', { input: { socialLinks: links } })
  const dashboard = await Dashboard.open(page, server, admin, 'content/site')
  const group = page.getByRole('group', { name: 'Social links' })
  const handle = label => group.getByRole('button', { name: `Move ${label}`, exact: true })
  await handle('Gamma').press('ArrowUp')
  await page.getByText('Now 2 of 3', { exact: true }).waitFor({ state: 'attached' })
  await handle('Gamma').and(page.locator(':focus')).press('Home')
  await page.getByText('Now 1 of 3', { exact: true }).waitFor({ state: 'attached' })
  await dashboard.button('Save').click()
  await dashboard.saved()
  assert.deepEqual(await socialLinks(server), ['Gamma', 'Alpha', 'Beta'])

  await page.reload()
  await page.getByRole('textbox', { name: 'Footer' }).waitFor() // which comes late, and is above
  await handle('Gamma').scrollIntoViewIfNeeded()
  const from = await handle('Gamma').boundingBox()
  const last = await group.getByRole('list').boundingBox()
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
  await page.mouse.down()
  await page.mouse.move(from.x + from.width / 2, last.y + last.height - 10, { steps: 20 })
  await page.mouse.up()
  await dashboard.button('Save').click()
  await dashboard.saved()
  assert.deepEqual(await socialLinks(server), ['Alpha', 'Beta', 'Gamma'])
})

scenario('a copy has what the record has, and leaves it as it is', place, async (page, server) => {
  const post = await create(server, { title: 'Model', slug: 'model', excerpt: 'Short.', body: '**Long.**', tags: ['one', 'two'] })
  await read(server, 'mutation ($id: ID!) { publishPost(input: { id: $id }) { post { id } } }', { id: post.id })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Duplicate' }).click()
  await page.waitForURL(/new\?from=/)
  await dashboard.button('Create').waitFor()
  assert.equal(await page.getByLabel('Title').inputValue(), 'Copy of Model')
  await dashboard.button('Create').click()
  await dashboard.saved()
  await page.waitForURL(/posts\/post_/)
  const { posts } = await read(server, '{ posts(where: { tags: { has: "two" } }, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { title excerpt body tags status slug } } }')
  const same = { excerpt: 'Short.', body: '**Long.**', tags: ['one', 'two'] }
  assert.deepEqual(posts.nodes.map(({ slug, ...post }) => post), [{ title: 'Model', ...same, status: 'PUBLISHED' }, { title: 'Copy of Model', ...same, status: 'DRAFT' }])
  assert.notEqual(posts.nodes[1].slug, 'model')

  // A page has an address from the start, and so has its copy.
  const { createPage } = await read(server, 'mutation { createPage(input: { title: "Our boats", slug: "our-boats" }) { page { id } } }')
  await dashboard.go(`content/pages/new?from=${createPage.page.id}`)
  await dashboard.button('Create').click()
  await dashboard.saved()
  const { pages } = await read(server, '{ pages(search: "boats") { nodes { title slug } } }')
  assert.deepEqual(pages.nodes, [{ title: 'Copy of Our boats', slug: 'copy-of-our-boats' }, { title: 'Our boats', slug: 'our-boats' }])
})

scenario('when a record was made is told, and not entered', place, async (page, server) => {
  const post = await create(server, { title: 'Once' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await dashboard.button('Save').waitFor()
  await page.getByRole('term').filter({ hasText: 'Created at' }).waitFor()
  assert.equal(await page.getByLabel('Created at').count(), 0)
})

scenario('a name of 10,000 characters is refused at its field, and stays there', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts/new')
  const long = 'long '.repeat(2000)
  const form = new Form(page)
  await page.getByLabel('Title').fill(long)
  await dashboard.button('Create').click()
  await form.refuses('Title', /at most 200/)
  assert.equal(await page.getByLabel('Title').inputValue(), long)
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than the window')
  await page.getByLabel('Title').fill('Short enough')
  await dashboard.button('Create').click()
  await dashboard.saved()
})

// On the embedded store alone: the stand-in of MongoDB serves other files beside this one.
if (!process.env.TEST_MONGODB_URI) scenario('while the store is away nothing is saved and nothing is lost', place, async (page, server) => {
  const post = await create(server, { title: 'Before the storm' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await page.getByLabel('Title').fill('After the storm')
  const store = await server.losesItsStore()
  await dashboard.button('Save').click()
  await page.getByRole('alert').filter({ hasText: 'The server cannot reach its store now.' }).waitFor()
  assert.equal(await page.getByLabel('Title').inputValue(), 'After the storm')
  await store.comesBack()
  await dashboard.button('Save').click()
  await dashboard.saved()
  const { post: now } = await read(server, 'query ($id: ID!) { post(id: $id) { title } }', { id: post.id })
  assert.equal(now.title, 'After the storm')
}, { expected: /status of 503/ })
