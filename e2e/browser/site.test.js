// The stories of a visitor of examples/site. `npm test` builds it first, and so does
// `npm run site` in its folder.
import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { admin, scenario, surroundings } from './browser.js'
import { Dashboard } from './dashboard.js'
import { mailedLink } from './mails.js'

const site = resolve(import.meta.dirname, '../../examples/site')

const place = surroundings({ GRAPNEL_SITE_DIR: join(site, 'dist'), GRAPNEL_ACCOUNT_URL: '/account' }, async server => {
  const { signIn } = await server.graphql(`mutation ($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password }) { tokens { accessToken } }
  }`, admin)
  server.token = signIn.tokens.accessToken
})

const send = (query, variables) => place().server.graphql(query, variables, place().server.token)

// publish puts a post into the news.
async function publish(title, more = {}) {
  const { createPost: { post } } = await send('mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }', { input: { title, ...more } })
  const { publishPost } = await send('mutation ($id: ID!) { publishPost(input: { id: $id }) { post { id slug } } }', { id: post.id })
  return publishPost.post
}

const rename = (id, title) => send('mutation ($id: ID!, $title: String!) { updatePost(input: { id: $id, title: $title }) { post { id } } }', { id, title })
const withdraw = id => send('mutation ($id: ID!) { unpublishPost(input: { id: $id }) { post { id } } }', { id })

const heading = (page, name) => page.getByRole('heading', { name, exact: true })

// follows opens an address and waits until the page hears of changes.
async function follows(page, address) {
  const socket = page.waitForEvent('websocket')
  await page.goto(place().server.url + address)
  await (await socket).waitForEvent('framesent', frame => frame.payload.includes('"subscribe"'))
}

scenario('a visitor reads from the front page to a post, its tag and its author', place, async (page, server) => {
  for (let n = 1; n <= 14; n++) await publish(`Older ${n}`, { tags: ['archive'] })
  await publish('Ferry runs again', { body: 'The **first** one left at dawn.', excerpt: 'After nine weeks.', tags: ['harbour'] })
  await page.goto(server.url)
  await heading(page, 'Ferry runs again').waitFor()
  await heading(page, 'Older 1').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Load more' }).click()
  await heading(page, 'Older 1').waitFor()

  await page.getByRole('link', { name: 'Ferry runs again' }).click()
  await page.getByText('left at dawn').waitFor()
  assert.equal(new URL(page.url()).pathname, '/posts/ferry-runs-again')
  assert.equal(await page.locator('.prose strong').textContent(), 'first')
  assert.match(await page.title(), /^Ferry runs again/)
  await page.getByRole('link', { name: 'harbour' }).first().click()
  await heading(page, 'harbour').waitFor()
  await heading(page, 'Ferry runs again').waitFor()
  assert.equal(await page.getByRole('article').count(), 1)
  await page.getByRole('link', { name: 'editor' }).click()
  await heading(page, 'editor').waitFor()
  await heading(page, 'Older 14').waitFor()
})

scenario('the front page is asked for once, before its scripts, and nothing moves when it comes', place, async page => {
  await publish('Still water')
  await send('mutation { updateSite(input: { navigation: [{ label: "News", url: "/", children: [{ label: "Coast", tag: "coast" }] }] }) { site { id } } }')
  await page.addInitScript(() => {
    window.moved = []
    new PerformanceObserver(list => list.getEntries().forEach(({ value, sources }) => window.moved.push([value, ...sources.map(s => s.node?.nodeName)]))).observe({ type: 'layout-shift', buffered: true })
  })
  const asked = []
  page.on('request', r => asked.push(r.url()))
  await page.goto(`${place().server.url}/`)
  await page.getByRole('article').first().waitFor()
  await page.getByRole('navigation', { name: 'News' }).getByRole('link', { name: 'Coast' }).waitFor()
  const first = asked.filter(url => url.includes('operationName=Posts') && !url.includes('miss')) // the server may not know the document yet
  assert.equal(first.length, 1)
  assert.ok(asked.indexOf(first[0]) < asked.findIndex(url => url.endsWith('.js')), asked.join('\n'))
  const moved = await page.evaluate(() => window.moved)
  assert.ok(moved.reduce((sum, [value]) => sum + value, 0) < 0.05, JSON.stringify(moved))
})

scenario('a search finds while it is typed', place, async (page, server) => {
  await publish('A lighthouse for sale', { tags: ['coast'] })
  await page.goto(`${server.url}/search`)
  await page.getByRole('searchbox').pressSequentially('lightho')
  await heading(page, 'A lighthouse for sale').waitFor()
  await page.waitForURL(/q=lightho/)
  await page.getByRole('searchbox').fill('no such thing')
  await page.getByText('Nothing found').waitFor()
})

scenario('an open page shows what is published, changed and withdrawn', place, async page => {
  const post = await publish('Snow expected')
  await follows(page, '/')
  await heading(page, 'Snow expected').waitFor()
  await rename(post.id, 'Snow has come')
  await heading(page, 'Snow has come').waitFor()
  await publish('Roads are closed')
  await heading(page, 'Roads are closed').waitFor()
  await withdraw(post.id)
  await heading(page, 'Snow has come').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation').length), 1)
})

scenario('an open post follows its changes, and vanishes when it is withdrawn', place, async page => {
  const post = await publish('Vote is close', { body: 'Two votes.' })
  await follows(page, `/posts/${post.slug}`)
  await page.getByText('Two votes.').waitFor()
  await send('mutation ($id: ID!) { updatePost(input: { id: $id, title: "Vote is counted", body: "One vote." }) { post { id } } }', { id: post.id })
  await heading(page, 'Vote is counted').waitFor()
  await page.getByText('One vote.').waitFor()
  await withdraw(post.id)
  await heading(page, 'There is nothing at this address').waitFor()
})

scenario('an open page shows another title, menu and footer', place, async page => {
  const change = input => send('mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { site { id } } }', { input })
  await change({ title: 'The Morning', navigation: [{ label: 'Ports', tag: 'harbour' }] })
  await follows(page, '/')
  await page.getByRole('banner').getByRole('link', { name: 'The Morning' }).waitFor()
  assert.match(await page.title(), /^The Morning/)
  const sections = page.getByRole('navigation', { name: 'Sections' })
  await sections.getByRole('link', { name: 'Ports' }).waitFor()

  const post = await publish('Behind the menu')
  await change({
    title: 'The Evening',
    footer: 'Printed **nowhere**.',
    navigation: [
      { label: 'Front', url: '/', children: [{ label: 'Coast', tag: 'coast' }] },
      { label: 'Column', postId: post.id },
    ],
  })
  await page.getByRole('banner').getByRole('link', { name: 'The Evening' }).waitFor()
  await page.getByText('Printed nowhere.').waitFor()
  await page.getByRole('navigation', { name: 'Front' }).getByRole('link', { name: 'Coast' }).waitFor()
  assert.deepEqual(await sections.getByRole('link').allTextContents(), ['Front', 'Column'])

  await withdraw(post.id) // an entry that leads nowhere is left out
  await page.reload()
  await sections.getByRole('link', { name: 'Front' }).waitFor()
  assert.deepEqual(await sections.getByRole('link').allTextContents(), ['Front'])

  await change({ registration: 'CLOSED' })
  await page.reload()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  assert.equal(await page.getByRole('link', { name: 'Sign up' }).count(), 0)
  await change({ registration: 'OPEN' })
})

scenario('a page of its own is read, and an unknown address is none', place, async (page, server) => {
  await send('mutation { createPage(input: { title: "About us", slug: "about", body: "We are **few**.", status: PUBLISHED }) { page { id } } }')
  await page.goto(`${server.url}/about`)
  await heading(page, 'About us').waitFor()
  await page.goto(`${server.url}/nobody-wrote-this`)
  await heading(page, 'There is nothing at this address').waitFor()
})

scenario('a reader gets in again by a mailed link, and confirms another address', place, async (page, server) => {
  await send('mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', { input: { username: 'bea', email: 'bea@example.org', password: 'forgotten by now' } })
  await page.goto(`${server.url}/sign-in`)
  await page.getByRole('link', { name: 'Forgotten your password?' }).click()
  await page.getByLabel('Email').fill('bea@example.org')
  await page.getByRole('button', { name: 'Mail me a link' }).click()
  await heading(page, 'Look into your mail').waitFor()
  const reset = await mailedLink(server, 'bea@example.org')
  assert.equal(new URL(reset).pathname, '/account')
  await page.goto(reset)
  await page.getByLabel('New password').fill('short')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByText('must have at least 8 characters').waitFor()
  await page.getByLabel('New password').fill('a lamp in the window')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await heading(page, 'Your profile').waitFor()
  await page.getByText('bea@example.org is confirmed.').waitFor()
  assert.ok(!page.url().includes('#'), page.url())
  await page.goto(reset)
  await page.getByLabel('New password').fill('a lamp in the hall')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await heading(page, 'This link is not good any more').waitFor()

  await page.goto(`${server.url}/profile`)
  await page.getByLabel('New address').fill('beatrice@example.org')
  await page.getByLabel('Your password').fill('a lamp in the window')
  await page.getByRole('button', { name: 'Change the address' }).click()
  await page.getByText('A mail is on its way to beatrice@example.org.').waitFor()
  await page.goto(await mailedLink(server, 'beatrice@example.org'))
  await page.getByRole('button', { name: 'The address is mine' }).click()
  await heading(page, 'Thank you').waitFor()
  await page.getByRole('link', { name: 'Your profile' }).click()
  await page.getByText('beatrice@example.org is confirmed.').waitFor()
})

scenario('a reader signs up, shows a picture, and signs out and in', place, async (page, server) => {
  await send('mutation { updateSite(input: { title: "The Noon" }) { site { id } } }')
  await page.goto(`${server.url}/sign-up`)
  await page.getByRole('banner').getByRole('link', { name: 'The Noon' }).waitFor()
  await page.getByLabel('Username').fill('ada')
  await page.getByLabel('Name to show').fill('Ada Reader')
  await page.getByLabel('Email').fill('ada@example.org')
  await page.getByLabel('Password').fill('short')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await page.getByText('must have at least 8 characters').waitFor()
  await page.getByLabel('Password').fill('a long enough one')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await heading(page, 'Your profile').waitFor()

  await page.getByLabel('Change your picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: dot })
  const picture = page.locator('.masthead img.face')
  await picture.waitFor()
  assert.equal(await picture.evaluate(image => image.decode().then(() => image.naturalWidth)), 2)
  await page.getByLabel('About you').fill('Reads all of it.')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()

  await page.getByRole('button', { name: /^Sign out/ }).click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Email').fill('ada@example.org')
  await page.getByLabel('Password').fill('a long enough one')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Ada Reader' }).click()
  await page.getByText('Reads all of it.').waitFor()
  assert.equal(await page.evaluate(() => document.cookie), '')
})

// A PNG of 2 x 1 pixels.
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DAAMQADAUB/5ZWdZMAAAAASUVORK5CYII=', 'base64')

scenario('a draft is looked at from the dashboard, and is not there for visitors', place, async (page, server) => {
  const { createPost: { post } } = await send('mutation { createPost(input: { title: "The old pier", body: "It **creaks**." }) { post { id } } }')
  await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  const opened = page.waitForEvent('popup')
  await page.getByRole('link', { name: 'See on the site' }).click()
  const site = await opened
  await heading(site, 'The old pier').waitFor()
  await site.getByText('This is not published yet').waitFor()
  const address = site.url()
  await site.close()

  const context = await page.context().browser().newContext()
  const visitor = await context.newPage()
  await visitor.goto(address)
  await heading(visitor, 'There is nothing at this address').waitFor()
  assert.equal(await heading(visitor, 'The old pier').count(), 0)
  await send('mutation ($id: ID!) { publishPost(input: { id: $id }) { post { id } } }', { id: post.id })
  await visitor.reload()
  await heading(visitor, 'The old pier').waitFor()
  await visitor.waitForURL(`${server.url}/posts/the-old-pier`)
  assert.equal(await visitor.getByText('This is not published yet').count(), 0)
  await context.close()
})
