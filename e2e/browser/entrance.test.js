// Who comes to a site that verifies addresses first: an account by a mailed link, a session by
// a mailed code; and who leaves it.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { admin, scenario, surroundings } from './browser.js'
import { mailedCode, mailedLink } from './mails.js'

const dist = resolve(import.meta.dirname, '../../examples/site/dist')

const place = surroundings({ GRAPNEL_SITE_DIR: dist, GRAPNEL_ACCOUNT_URL: '/account', GRAPNEL_VERIFY_SIGN_UP: 'always' }, async server => {
  const { signIn } = await server.graphql('mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }', { input: admin })
  server.token = signIn.tokens.accessToken
})

const notice = page => page.getByRole('heading', { name: 'Look into your mail' })

async function signUp(page, server, username, email) {
  await page.goto(`${server.url}/sign-up`)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill('a lamp in the window')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await notice(page).waitFor()
}

// The server has not seen the queries of the site before, which browsers write to the console.
scenario('an account is made by a mailed link, a mailed code signs in, and the account goes', place, async (page, server) => {
  await signUp(page, server, 'ada', 'ada@example.org')
  await signUp(page, server, 'eve', admin.email) // is told the same
  await page.goto(await mailedLink(server, 'ada@example.org'))
  await page.getByLabel('Password').fill('of somebody else')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await page.getByText('is not the one that was chosen at the sign-up').waitFor()
  await page.getByLabel('Password').fill('a lamp in the window')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await page.getByRole('button', { name: /^Sign out/ }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()

  await page.goto(`${server.url}/sign-in`)
  await page.getByRole('link', { name: 'Sign in with a code that is mailed to you' }).click()
  await page.getByLabel('Email').fill('ada@example.org')
  await page.getByRole('button', { name: 'Mail me a code' }).click()
  await notice(page).waitFor()
  await page.getByLabel('Code').fill('00000000')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Code').fill(await mailedCode(server, 'ada@example.org'))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('banner').getByRole('link', { name: 'ada' }).waitFor()

  // And goes again, with all that is theirs.
  await page.goto(`${server.url}/profile`)
  await page.getByRole('link', { name: 'Take your data, or delete your account' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Take my data' }).click()])
  const records = JSON.parse(await readFile(await download.path(), 'utf8'))
  assert.ok(records.some(r => r.type === 'User' && r.data.email === 'ada@example.org'), JSON.stringify(records))
  await page.getByLabel('Your password').fill('a lamp in the attic')
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await page.getByRole('alert').filter({ hasText: /./ }).waitFor()
  await page.getByLabel('Your password').fill('a lamp in the window')
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  assert.deepEqual(await server.graphql('{ users(where: { username: { eq: "ada" } }) { nodes { id } } }', {}, server.token), { users: { nodes: [] } })

  const { mails } = await server.graphql('query ($to: String!) { mails(where: { to: { eq: $to } }) { nodes { subject } } }', { to: admin.email }, server.token)
  assert.match(mails.nodes.map(m => m.subject).join(), /You have an account with .* already/)
}, { expected: /status of 400/ })
