// Makes the pictures of the README's tour, docs/tour/*.webp, of a server with the content
// of `grapnel seed`.
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { admin, launch } from './browser.js'
import { Dashboard } from './dashboard.js'
import { root, start } from './grapnel.js'

const tour = join(root, 'docs/tour')
const site = resolve(root, 'examples/site/dist')
const largest = 150_000

// picture keeps what the page shows, once its pictures are there.
async function picture(page, name) {
  await page.waitForLoadState('networkidle')
  await page.waitForFunction(() => [...document.images].every(image => image.complete))
  await page.mouse.move(0, 0)
  const devtools = await page.context().newCDPSession(page)
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 82 })
  const file = join(tour, `${name}.webp`)
  await writeFile(file, Buffer.from(data, 'base64'))
  const { size } = await stat(file)
  console.log(`${(size / 1000).toFixed(0).padStart(5)} kB  ${name}`)
  if (size > largest) throw new Error(`${name} has more than ${largest} bytes`)
}

const newPage = async browser => (await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', colorScheme: 'light' })).newPage()

async function setUp(browser) {
  const server = await start({})
  try {
    const page = await newPage(browser)
    await page.goto(await server.says(/(http:\S+#setup=\S+)/))
    await page.getByLabel('Email').fill(admin.email)
    await page.getByLabel('Password', { exact: true }).fill(admin.password)
    await picture(page, 'set-up')
  } finally {
    await server.stop()
  }
}

async function rest(browser) {
  const server = await start({ admin, settings: { GRAPNEL_SITE_DIR: site }, seed: ['--posts', '80', '--users', '20'] })
  try {
    const page = await newPage(browser)
    const dashboard = await Dashboard.open(page, server, admin)
    const { signIn } = await server.graphql('mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }', { input: admin })
    const send = (query, variables) => server.graphql(query, variables, signIn.tokens.accessToken)
    const { posts: { nodes } } = await send('{ posts(first: 50, where: { status: { eq: PUBLISHED } }) { nodes { id title cover { id } } } }')
    const post = nodes.find(post => post.cover)

    await page.getByRole('region', { name: 'Server' }).waitFor()
    await picture(page, 'home')
    await dashboard.go('content/posts?status.eq=PUBLISHED&sort=-date&columns=cover,title,author,status,date')
    await page.locator('tbody a.title').first().waitFor()
    await picture(page, 'list')
    await dashboard.go('content/assets')
    await page.locator('a.title').first().waitFor()
    await picture(page, 'files')
    await dashboard.go('develop/posts')
    await page.getByText('Who may do what').waitFor()
    await picture(page, 'developer')
    await dashboard.go(`content/posts/${post.id}`)
    await page.getByLabel('Title').waitFor()
    await page.getByText('Both', { exact: true }).click()
    await picture(page, 'form')

    await page.getByLabel('Title').fill(`${post.title}, once more`)
    await send('mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { id } } }', { input: { id: post.id, title: `${post.title}: a correction`, excerpt: 'Corrected in the evening.' } })
    await page.getByText('Somebody has changed this meanwhile').waitFor()
    await dashboard.button('Save').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Save this' }).waitFor()
    await picture(page, 'conflict')

    const visitor = await newPage(browser)
    await visitor.goto(server.url)
    await visitor.locator('article').first().waitFor()
    await picture(visitor, 'site')
  } finally {
    await server.stop()
  }
}

await mkdir(tour, { recursive: true })
const browser = await launch()
try {
  await setUp(browser)
  await rest(browser)
} finally {
  await browser.close()
}
