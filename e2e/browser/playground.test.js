// The playground of the built binary, in chromium, under the content security
// policy of production, with no way to any other host.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { admin, scenario, surroundings } from './browser.js'
import { Playground } from './playground.js'

const signIn = transport => `mutation { signIn(input: {
  email: "${admin.email}", password: "${admin.password}", transport: ${transport}
}) { viewer { username } tokens { accessToken } } }`

const place = surroundings()

scenario('opens, with the documentation of the schema', place, async (page, server) => {
  const playground = await Playground.open(page, server)
  await page.getByRole('button', { name: 'Docs' }).click()
  await page.getByText('Mutation', { exact: true }).click()
  await page.getByText('createPost', { exact: false }).first().waitFor()

  assert.equal(await page.title(), 'Grapnel playground')
  await playground.tab('5 Follow')
})

// Altair has faults of its own: unnamed editors, icon buttons without a text.
scenario('has no new fault of accessibility', place, async (page, server) => {
  await Playground.open(page, server)
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8'))
  const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa'] }))
  const known = ['aria-input-field-name', 'aria-valid-attr-value', 'button-name', 'color-contrast']
  assert.deepEqual(violations.map(v => v.id).filter(id => !known.includes(id)), [])
})

scenario('signs up with a session that no script can read', place, async (page, server) => {
  const playground = await Playground.open(page, server)
  await page.getByText('(Send mutation SignUp)').click()
  await playground.shows('"username": "grace"')
  await page.getByText('(Send query WhoAmI)').click()
  await playground.shows('"email": "grace@example.org"')

  assert.equal(await page.evaluate(() => document.cookie), '')
  const cookies = await page.context().cookies()
  assert.ok(cookies.length > 0)
  for (const cookie of cookies) assert.ok(cookie.httpOnly, `${cookie.name} can be read by scripts`)

  // Nothing of the session is in the page or in what it keeps.
  const kept = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify({ ...localStorage }))
  for (const cookie of cookies) assert.ok(!kept.includes(cookie.value), `the page holds ${cookie.name}`)
})

scenario('writes a post with a cover: query, upload, mutation', place, async (page, server) => {
  const playground = await Playground.open(page, server)
  await playground.write(signIn('COOKIE'))
  assert.equal((await playground.send()).errors, undefined)

  await playground.tab('2 Upload')
  await page.locator('[track-id="toggle_variables"]').click()
  await page.getByRole('button', { name: 'Add files' }).click()
  await page.getByPlaceholder('File name').fill('file')
  await page.locator('.variables-file-item-input').setInputFiles({
    name: 'dot.png', mimeType: 'image/png', buffer: dot,
  })
  const upload = await playground.send()
  assert.equal(upload.errors, undefined, JSON.stringify(upload.errors))
  const { asset } = upload.data.uploadAsset
  assert.equal(asset.contentType, 'image/png')
  assert.equal(asset.size, dot.length)
  await playground.shows(asset.id)

  await playground.tab('3 Write')
  await playground.write(`mutation {
    createPost(input: { title: "From the playground", body: "**Hello**", coverId: "${asset.id}" }) {
      post { id status cover { url } }
    }
  }`)
  const { post } = (await playground.send()).data.createPost
  assert.equal(post.status, 'DRAFT')

  await playground.write(`mutation { publishPost(input: { id: "${post.id}" }) { post { slug status } } }`)
  assert.equal((await playground.send()).data.publishPost.post.status, 'PUBLISHED')
  await playground.shows('"slug": "from-the-playground"')

  await playground.tab('4 Read')
  const { nodes } = (await playground.send()).data.posts
  assert.equal(nodes[0].title, 'From the playground')
  await playground.shows('From the playground')

  // The browser gets the very bytes back.
  const bytes = await page.evaluate(async url => [...new Uint8Array(await (await fetch(url)).arrayBuffer())], nodes[0].cover.url)
  assert.deepEqual(Buffer.from(bytes), dot)
})

scenario('follows what another client publishes', place, async (page, server) => {
  const { signIn: session } = await server.graphql(signIn('TOKENS'))
  const token = session.tokens.accessToken

  const playground = await Playground.open(page, server)
  await playground.tab('5 Follow')
  const socket = page.waitForEvent('websocket')
  await page.getByRole('button', { name: 'Send Request' }).click()
  await socket

  // The protocol does not confirm a subscription, so the first post may come
  // before it stands; then a later one is seen.
  for (let n = 1; ; n++) {
    const title = `News number ${n}`
    const { createPost } = await server.graphql(
      'mutation ($title: String!) { createPost(input: { title: $title }) { post { id } } }', { title }, token)
    await server.graphql(
      'mutation ($id: ID!) { publishPost(input: { id: $id }) { post { id } } }', { id: createPost.post.id }, token)
    const seen = page.locator('.query-result__list').filter({ hasText: title }).first()
    if (await seen.waitFor({ timeout: 5_000 }).then(() => true, () => false)) break
    assert.ok(n < 3, 'no event came')
  }
  await playground.shows('"kind": "ADDED"')
})

// A PNG of 2 x 1 pixels.
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DAAMQADAUB/5ZWdZMAAAAASUVORK5CYII=', 'base64')
