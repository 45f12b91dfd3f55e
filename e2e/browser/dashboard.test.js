// The dashboard of the built binary, in chromium, under the content security policy of
// production, with no way to any other host.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { author, create, newsroom, signIn } from './newsroom.js'

const place = newsroom()

scenario('a wrong password is told, a right one leads in, without a token for scripts', place, async (page, server) => {
  await page.goto(`${server.url}/admin/content/posts?sort=title`)
  const dashboard = new Dashboard(page, server)
  await dashboard.signIn(admin.email, 'wrong horse battery')
  await page.getByText('Email and password do not fit together.').waitFor()
  await dashboard.signIn(admin.email, admin.password)
  await page.getByRole('heading', { name: 'Posts', exact: true }).waitFor()
  assert.match(page.url(), /content\/posts\?sort=title$/)
  assert.equal(await page.evaluate(() => document.cookie), '')
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
  for (const cookie of await page.context().cookies()) assert.ok(!kept.includes(cookie.value), `the page keeps ${cookie.name}`)
})

scenario('a list is searched, filtered and sorted by its address, in at most two queries', place, async (page, server) => {
  await create(server, { title: 'Kelp farming', tags: ['sea'] })
  await create(server, { title: 'Kelp and other soups', tags: ['food'] })
  const dashboard = await Dashboard.open(page, server, admin, 'profile') // a screen that asks for nothing
  const asked = []
  page.on('request', r => { if (r.url().endsWith('/graphql')) asked.push(r.postDataJSON().operationName) })
  await dashboard.go('content/posts?search=kelp&tags.has=food&sort=-title')
  await dashboard.row('Kelp and other soups').waitFor()
  assert.equal(await dashboard.row('Kelp farming').count(), 0)
  assert.deepEqual(asked, ['Start', 'List'])
  await page.getByRole('button', { name: 'Remove: Tags' }).click()
  await dashboard.row('Kelp farming').waitFor()
  assert.ok(!page.url().includes('tags.has'), page.url())
  await page.getByLabel('Search posts').fill('nothing like that')
  await page.getByText('Nothing fits').waitFor()
})

scenario('a post is written, refused, mended, published', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts')
  await page.getByRole('link', { name: 'New post' }).first().click()
  await page.getByLabel('Excerpt').fill('Short.')
  await dashboard.button('Create').click()
  await page.getByText('Must be given.').waitFor()
  await page.getByLabel('Title').fill('The tide table')
  await page.getByLabel('Slug').fill('Not A Slug')
  await dashboard.button('Create').click()
  await page.locator('[aria-invalid="true"]').waitFor()
  assert.equal(await page.getByLabel('Slug').getAttribute('aria-invalid'), 'true')
  await page.getByLabel('Slug').fill('tide-table')
  await dashboard.button('Create').click()
  await dashboard.saved()
  await page.waitForURL(/post_/)
  await dashboard.button('Publish').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
  await page.getByText('Published', { exact: true }).first().waitFor()
  const { postBySlug } = await server.graphql('{ postBySlug(slug: "tide-table") { title excerpt } }')
  assert.deepEqual(postBySlug, { title: 'The tide table', excerpt: 'Short.' })
})

scenario('who saved first is not overwritten: both versions stand side by side', place, async (page, server) => {
  const post = await create(server, { title: 'First words', excerpt: 'old' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await page.getByLabel('Title').fill('My words')
  // The protocol does not confirm a subscription: the first change may come before it.
  const told = page.getByText('Somebody has changed this meanwhile')
  let excerpt
  for (let n = 1; !(await told.isVisible()); n++) {
    assert.ok(n < 20, 'no change was told')
    excerpt = `theirs ${n}`
    await server.graphql('mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { id } } }',
      { input: { id: post.id, title: 'Their words', excerpt } }, server.token)
    await told.waitFor({ timeout: 1_000 }).catch(() => {})
  }
  await dashboard.button('Save').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Their words').waitFor()
  await dialog.getByText('Taken over from them: Excerpt').waitFor()
  await dialog.getByText(/It was saved on .*\d:\d\d/).waitFor()
  const [yours, theirs] = ['Yours', 'Theirs'].map(whose => dialog.getByRole('radiogroup', { name: 'Title' }).getByRole('radio', { name: whose }))
  assert.ok(await yours.isChecked())
  await theirs.click()
  assert.ok(!(await yours.isChecked()))
  await yours.click()
  await dialog.getByRole('button', { name: 'Save this' }).click()
  await dashboard.saved()
  const { post: now } = await server.graphql('query ($id: ID!) { post(id: $id) { title excerpt } }', { id: post.id }, server.token)
  assert.deepEqual(now, { title: 'My words', excerpt })
})

scenario('what was deleted while it was edited is saved as a new one', place, async (page, server) => {
  const post = await create(server, { title: 'Short-lived' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await page.getByLabel('Title').fill('Long-lived')
  await server.graphql('mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedId } }', { input: { id: post.id } }, server.token)
  await page.keyboard.press('Control+S') // told by the subscription already, or by the answer
  await page.getByText('Somebody has deleted this').waitFor()
  await dashboard.button('Save as a new one').click()
  await dashboard.saved()
  assert.ok(!page.url().includes(post.id))
  assert.equal(await page.getByLabel('Title').inputValue(), 'Long-lived')
})

scenario('a session that ends keeps what was typed, and goes on in place', place, async (page, server) => {
  const post = await create(server, { title: 'Half a thought' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await page.getByLabel('Title').fill('A whole thought')
  await page.context().clearCookies()
  await dashboard.button('Save').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Nothing that you typed is lost.').waitFor()
  await dialog.getByLabel('Password', { exact: true }).fill(admin.password)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await dashboard.saved()
  assert.equal(await page.getByLabel('Title').inputValue(), 'A whole thought')
}, { expected: /status of 40[13]/ })

scenario('without a site nothing leads to one', place, async (page, server) => {
  const post = await create(server, { title: 'Nowhere to be seen' })
  const dashboard = await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await dashboard.button('Publish').waitFor()
  assert.equal(await page.locator('a[target=_blank]').count(), 0)
})

scenario('a form is not left by mistake, and its draft waits in the browser', place, async (page, server) => {
  const post = await create(server, { title: 'Draft keeper' })
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts')
  await page.getByRole('link', { name: 'Draft keeper' }).click()
  await page.getByLabel('Title').fill('Draft kept')
  await page.getByRole('link', { name: 'Users' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  assert.equal(await page.getByLabel('Title').inputValue(), 'Draft kept')
  await page.goBack()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
  await page.waitForURL(url => !url.href.includes(post.id))
  await dashboard.go(`content/posts/${post.id}`)
  await dashboard.button('Restore').click()
  assert.equal(await page.getByLabel('Title').inputValue(), 'Draft kept')
})

scenario('a list says that something changed, and shows it when asked', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts?search=tidings')
  await page.getByText('Nothing fits').waitFor()
  // The protocol does not confirm a subscription: the first change may come before it.
  const line = page.getByRole('button', { name: /changes? – Show/ })
  for (let n = 1; !(await line.isVisible()); n++) {
    assert.ok(n < 20, 'no change was told')
    await create(server, { title: `Tidings ${n}` })
    await line.waitFor({ timeout: 1_000 }).catch(() => {})
  }
  assert.equal(await dashboard.row('Tidings 1').count(), 0)
  await line.click()
  await dashboard.row('Tidings 1').first().waitFor()
})

scenario('a bulk action tells row by row what failed', place, async (page, server) => {
  const posts = []
  for (const title of ['Bulk one', 'Bulk two', 'Bulk three']) posts.push(await create(server, { title }))
  const dashboard = await Dashboard.open(page, server, admin, 'content/posts?search=bulk')
  await dashboard.row('Bulk two').waitFor()
  await server.graphql('mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedId } }', { input: { id: posts[1].id } }, server.token)
  await page.getByLabel('Select all on this page').check()
  await dashboard.button('Delete').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('One failed · 2 done.').waitFor()
  await page.getByRole('listitem').filter({ hasText: 'Bulk two: It is not there any more.' }).waitFor()
})

scenario('an export is what is filtered, and runs nothing in a spreadsheet', place, async (page, server) => {
  await create(server, { title: '=HYPERLINK("http://x")', tags: ['export'] })
  await create(server, { title: 'Plain, with comma', tags: ['export'] })
  await Dashboard.open(page, server, admin, 'content/posts?tags.has=export&columns=title,status&sort=title')
  await page.getByRole('button', { name: 'More' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: /CSV/ }).click()
  const text = await readFile(await (await download).path(), 'utf8')
  const lines = text.replace('\uFEFF', '').trim().split('\r\n').map(line => line.replace(/^post_[^,]+,/, ''))
  assert.deepEqual(lines, ['id,title,status', `"'=HYPERLINK(""http://x"")",DRAFT`, '"Plain, with comma",DRAFT'])
})

scenario('a preview runs nothing, and loads nothing from elsewhere', place, async (page, server) => {
  const post = await create(server, { title: 'Hostile', body: [
    '<script>window.ran = 1</script>', '<img src=x onerror="window.ran = 2">', '[click](javascript:window.ran=3)',
    '![far](https://example.org/pixel.png)', '<svg onload="window.ran = 4"></svg>', '**bold**',
  ].join('\n\n') })
  await Dashboard.open(page, server, admin, `content/posts/${post.id}`)
  await page.getByText('Preview', { exact: true }).click()
  const preview = page.getByRole('region', { name: 'Preview' })
  await preview.locator('strong', { hasText: 'bold' }).waitFor()
  await preview.getByAltText('Picture from elsewhere: https://example.org/pixel.png').waitFor()
  assert.equal(await preview.locator('script, [onerror], [onload], a[href^="javascript"]').count(), 0)
  assert.equal(await page.evaluate(() => window.ran), undefined)
}, { expected: /status of 404|inline event handler/ }) // the picture x; the policy refuses what the parser sees

scenario('an author sees their own first', place, async (page, server) => {
  await create(server, { title: 'By the admin' })
  await create(server, { title: 'By the author' }, await signIn(server, author))
  const dashboard = await Dashboard.open(page, server, author, 'content/posts')
  await dashboard.row('By the author').waitFor()
  assert.equal(await dashboard.row('By the admin').count(), 0)
})

scenario('lists and forms have no fault of accessibility, light and dark', place, async (page, server) => {
  const post = await create(server, { title: 'For everybody', tags: ['open'] })
  const dashboard = await Dashboard.open(page, server, admin)
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8')
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const screen of ['content/posts', `content/posts/${post.id}`, 'content/users']) {
      await dashboard.go(screen)
      await page.locator('a.title, form').first().waitFor()
      await page.evaluate(axe)
      const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa'] }))
      assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' ')}`), [], `${screen}, ${colorScheme}`)
    }
  }
})

scenario('who may only read the settings reads them in words', place, async (page, server) => {
  const { site } = await server.graphql('{ site { version } }', {}, server.token)
  await server.graphql('mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { site { version } } }', { input: {
    expectedVersion: site.version, socialLinks: [{ label: 'Mastodon', url: 'https://social.example/@tides' }],
    navigation: [{ label: 'Home', url: '/', children: [{ label: 'Tides', url: '/tags/tide', children: [] }] }],
  } }, server.token)
  await Dashboard.open(page, server, author, 'content/site')
  await page.getByText('You may look at this, but not change it.').waitFor()
  const told = await page.getByRole('main').innerText()
  for (const text of ['Mastodon', 'https://social.example/@tides', 'Home', '/tags/tide']) assert.ok(told.includes(text), `${text} is missing in ${told}`)
  assert.doesNotMatch(told, /[{}[\]]|null|__typename/)
  assert.equal(await page.locator('.header .badge').count(), 0)
})
