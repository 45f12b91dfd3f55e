// Who has forgotten the password gets in by a mailed link, and addresses are confirmed by one.
import assert from 'node:assert/strict'
import { admin, scenario, surroundings } from './browser.js'
import { Dashboard } from './dashboard.js'
import { mailedCode, mailedLink } from './mails.js'

const author = { email: 'molly@example.com', password: 'a lighthouse at dawn' }

const place = surroundings({}, async server => {
  const { signIn } = await server.graphql(`mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }`, { input: admin })
  server.token = signIn.tokens.accessToken
  await server.graphql('mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', { input: { ...author, role: 'AUTHOR' } }, server.token)
})

const menu = page => page.getByRole('navigation', { name: 'Menu' })
const isVoid = page => page.getByRole('alert').filter({ hasText: 'This link is not good any more' })

scenario('who has forgotten the password chooses a new one by a mailed link, once', place, async (page, server) => {
  const elsewhere = await Dashboard.elsewhere(page, server, author)
  await page.goto(`${server.url}/admin/`)
  await page.getByRole('button', { name: 'Forgotten your password?' }).click()
  for (const email of ['nobody@example.com', author.email]) { // which are told the same
    await page.getByLabel('Email').fill(email)
    await page.getByRole('button', { name: 'Mail me a link' }).click()
    await page.getByRole('status').filter({ hasText: `If there is an account with ${email}` }).waitFor()
    await page.getByRole('button', { name: 'To the sign-in' }).click()
    await page.getByRole('button', { name: 'Forgotten your password?' }).click()
  }
  const link = await mailedLink(server, author.email)
  const asked = []
  page.on('request', r => asked.push(r.url()))
  await page.goto(link) // of the same page, behind the #
  await page.getByRole('heading', { name: 'New password' }).waitFor()
  await page.getByLabel('New password').fill('password')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.locator('[aria-invalid="true"]').waitFor()
  await page.getByLabel('New password').fill('a lighthouse at dusk')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await menu(page).waitFor()
  assert.ok(!page.url().includes('#'), page.url())
  const token = link.split('=')[1]
  assert.deepEqual(asked.filter(url => url.includes(token)), [], 'the token stands in an address that was asked for')

  // The session elsewhere has ended, within the seconds for which servers remember it.
  await elsewhere.page.waitForFunction(() => fetch('../graphql', {
    method: 'POST', headers: { 'content-type': 'application/json', 'GraphQL-Require-Preflight': '1' }, body: '{"query":"{ viewer { id } }"}',
  }).then(r => r.json()).then(a => !a.data?.viewer), undefined, { polling: 500 })
  await elsewhere.page.context().close()

  // A link is used up, and one that was never mailed is none.
  const context = await page.context().browser().newContext()
  const other = await context.newPage()
  for (const address of [link, `${link.slice(0, -4)}AAAA`]) {
    await other.goto('about:blank')
    await other.goto(address)
    await other.getByLabel('New password').fill('a lighthouse at noon')
    await other.getByRole('button', { name: 'Change the password' }).click()
    await isVoid(other).waitFor()
  }
  await other.getByRole('button', { name: 'To the sign-in' }).click()
  await new Dashboard(other, server).signIn(author.email, 'a lighthouse at dusk')
  await menu(other).waitFor()
  await context.close()
}, { expected: /status of 401/ })

scenario('a mailed code lets in, once', place, async (page, server) => {
  for (const wrong of [true, false]) {
    await page.goto(`${server.url}/admin/`)
    await page.getByRole('button', { name: 'Sign in with a mailed code' }).click()
    await page.getByLabel('Email').fill(author.email)
    await page.getByRole('button', { name: 'Mail me a code' }).click()
    await page.getByText(`If there is an account with ${author.email}`).waitFor()
    if (wrong) {
      await page.getByLabel('Code').fill('00000000')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('This code is wrong').waitFor()
      continue
    }
    await page.getByLabel('Code').fill(await mailedCode(server, author.email))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await menu(page).waitFor()
  }
})

scenario('people see whether their address is confirmed, and confirm it by a mailed link', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'profile')
  await page.getByText('The address is not confirmed yet.').waitFor()
  await dashboard.button('Mail me a link').click()
  await page.getByText(`A mail is on its way to ${admin.email}.`).waitFor()
  const link = await mailedLink(server, admin.email)

  // A program that reads mails opens links, too: that alone confirms nothing. It need not be the same browser.
  const context = await page.context().browser().newContext()
  const phone = await context.newPage()
  await phone.goto(link)
  await phone.getByRole('heading', { name: 'Confirm your address' }).waitFor()
  const verified = async () => (await server.graphql('{ viewer { emailVerifiedAt } }', {}, server.token)).viewer.emailVerifiedAt
  assert.equal(await verified(), null)
  await phone.getByRole('button', { name: 'The address is mine' }).click()
  await phone.getByRole('status').filter({ hasText: `${admin.email} is confirmed.` }).waitFor()
  assert.notEqual(await verified(), null)
  await phone.getByRole('button', { name: 'To the dashboard' }).click()
  await phone.getByRole('heading', { name: 'Sign in' }).waitFor()
  await context.close()

  // Who is signed in comes back to the dashboard, and is told that it was used.
  await page.goto(link)
  await page.getByRole('button', { name: 'The address is mine' }).click()
  await isVoid(page).waitFor()
  await page.getByRole('button', { name: 'To the dashboard' }).click()
  await menu(page).waitFor()
  await dashboard.go('profile')
  await page.getByText('The address is confirmed since').waitFor()
})
