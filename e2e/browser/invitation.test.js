// An administrator invites somebody, who chooses a password and is signed in.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { Form } from './form.js'
import { mailedLink } from './mails.js'
import { newsroom } from './newsroom.js'

const place = newsroom()

const fields = [
  { label: 'Email', enter: 'text', first: 'ada@example.org' },
  { label: 'Role', enter: 'option', first: 'Author' },
]

scenario('who is invited opens the link, chooses a password, and is signed in', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/invitations/new')
  await page.getByRole('heading', { name: 'New invitation' }).waitFor()
  await new Form(page).fill(fields, 'first')
  await dashboard.button('Create').click()
  await dashboard.button('Cancel invitation').waitFor()
  const link = await mailedLink(server, 'ada@example.org')

  await page.context().clearCookies()
  await page.goto('about:blank')
  await page.goto(link)
  await page.getByRole('heading', { name: 'You are invited' }).waitFor()
  await page.getByLabel('New password').fill('correct horse')
  await page.getByLabel('Username').fill('lovelace')
  await page.getByRole('button', { name: 'Make my account' }).click()
  await page.getByRole('heading', { name: 'You are invited' }).waitFor({ state: 'detached' })
  await page.getByText('lovelace').first().waitFor()
  assert.ok(!page.url().includes('invite='), 'the token stays in the address')
  const { userByEmail } = await server.graphql('{ userByEmail(email: "ada@example.org") { username role emailVerifiedAt } }', {}, server.token)
  assert.deepEqual([userByEmail.username, userByEmail.role, Boolean(userByEmail.emailVerifiedAt)], ['lovelace', 'AUTHOR', true])
})
