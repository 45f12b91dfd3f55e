// Who has an account at a provider comes in by it: to the dashboard and to the site.
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { after } from 'node:test'
import { admin, scenario, surroundings } from './browser.js'
import { Dashboard } from './dashboard.js'
import { startOpenID } from './openid.js'

const provider = await startOpenID()
after(() => provider.stop())

const place = surroundings({ GRAPNEL_SITE_DIR: resolve(import.meta.dirname, '../../examples/site/dist'), GRAPNEL_SIGN_UP: 'author', ...provider.settings })
const also = { also: [provider.origin], expected: /favicon|status of 4/ }

const menu = page => page.getByRole('navigation', { name: 'Menu' })

// logsIn is somebody at the provider's own page.
async function logsIn(page, user) {
  await page.getByLabel('Username:').fill(user)
  await page.getByLabel('Password:').fill('verysecure')
  await page.getByRole('button', { name: 'Login' }).click()
}

scenario('a newcomer comes to the dashboard by a provider, and keeps their only way in', place, async (page, server) => {
  await page.goto(`${server.url}/admin/`)
  await page.getByRole('button', { name: 'Continue with Company' }).click()
  await logsIn(page, 'ada')
  await menu(page).waitFor()
  assert.ok(!page.url().includes('#'), page.url())
  await page.goto(`${server.url}/admin/profile`)
  await page.getByText('Company, ada@example.org').waitFor()
  await page.getByRole('button', { name: 'Unlink Company' }).click()
  await page.getByText('You could not sign in any more').waitFor()
}, also)

scenario('an administrator links a provider in the profile, and comes in by it', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'profile')
  await dashboard.button('Link Company').click()
  await logsIn(page, 'eve')
  await page.getByText('Company, eve@example.org').waitFor()
  await page.context().clearCookies()
  await page.goto(`${server.url}/admin/`)
  await dashboard.button('Continue with Company').click()
  await logsIn(page, 'eve')
  await menu(page).waitFor()
  await page.goto(`${server.url}/admin/profile`)
  await dashboard.button('Unlink Company').click()
  await page.getByText('Company, eve@example.org').waitFor({ state: 'detached' })
  await dashboard.button('Link Company').waitFor()
}, also)

// What somebody else has begun is worth nothing in this browser.
scenario('a sign-in that was begun elsewhere signs nobody in', place, async (page, server) => {
  const other = await page.context().browser().newContext()
  const stranger = await other.newPage()
  await stranger.route(`${server.url}/graphql`, route => route.request().postDataJSON()?.operationName === 'SignInWithProvider' ? route.abort() : route.continue())
  await stranger.goto(`${server.url}/admin/`)
  await stranger.getByRole('button', { name: 'Continue with Company' }).click()
  await logsIn(stranger, 'ada')
  await stranger.getByRole('alert').waitFor()
  const planted = stranger.url()
  assert.match(planted, /#signin=/)
  await other.close()
  await page.goto(planted)
  await page.getByRole('alert').filter({ hasText: 'begun in another browser' }).waitFor()
  await page.getByRole('button', { name: 'To the dashboard' }).click()
  await page.getByRole('button', { name: 'Continue with Company' }).waitFor()
}, also)

scenario('a reader comes to the site by a provider', place, async (page, server) => {
  await page.goto(`${server.url}/sign-in`)
  await page.getByRole('button', { name: 'Continue with Company' }).click()
  await logsIn(page, 'ada')
  await page.getByRole('banner').getByRole('link', { name: 'ada' }).waitFor()
  await page.goto(`${server.url}/profile`)
  await page.getByText('Company, ada@example.org').waitFor()
  await page.getByRole('button', { name: 'Unlink Company' }).click()
  await page.getByRole('alert').filter({ hasText: 'You could not sign in any more' }).waitFor()
}, also)
