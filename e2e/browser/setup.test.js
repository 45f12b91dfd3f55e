// The first minute: a server that nobody has set up prints an address.
import assert from 'node:assert/strict'
import { admin, scenario, surroundings } from './browser.js'
import { Dashboard } from './dashboard.js'

const place = surroundings({}, undefined, { isNew: true })

const setUpAddress = server => server.says(/(http:\S+#setup=\S+)/)

// enter fills in the form of the set-up and sends it.
async function enter(page, { email, password }) {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Begin' }).click()
}

const menu = page => page.getByRole('navigation', { name: 'Menu' })
const over = page => page.getByRole('alert').filter({ hasText: 'There is an administrator already.' })

scenario('a wrong token and a poor password are refused, and use nothing up', place, async (page, server) => {
  const address = await setUpAddress(server)
  await page.goto(address.slice(0, -4) + 'AAAA')
  await enter(page, admin)
  await page.getByRole('alert').waitFor()
  assert.equal(await menu(page).count(), 0)
  await page.goto('about:blank')
  await page.goto(address)
  await enter(page, { ...admin, password: 'password' })
  await page.locator('[aria-invalid="true"]').waitFor()
  assert.equal(await page.getByLabel('Email').inputValue(), admin.email)
  const { setUpNeeded } = await server.graphql('{ setUpNeeded }')
  assert.equal(setUpNeeded, true)
})

scenario('of two browsers with the address one becomes administrator, and then it is used up', place, async (page, server) => {
  const address = await setUpAddress(server)
  const rivals = await page.context().browser().newContext()
  const people = [[page, admin], [await rivals.newPage(), { email: 'rival@example.com', password: 'another horse battery' }]]
  for (const [page] of people) {
    await page.goto(address)
    await page.getByRole('heading', { name: 'Set up this site' }).waitFor()
  }
  await Promise.all(people.map(([page, who]) => enter(page, who)))
  await Promise.all(people.map(([page]) => menu(page).or(over(page)).waitFor()))
  const first = await menu(page).isVisible() ? 0 : 1
  const [[winner, account], [loser]] = [people[first], people[1 - first]]
  await menu(winner).waitFor()
  await winner.getByRole('heading', { name: 'What to do first' }).waitFor()
  await winner.getByRole('link', { name: 'Make the first post' }).waitFor()
  assert.equal(await menu(loser).count(), 0)

  // The same address, and the one who came late, lead to signing in.
  await new Dashboard(loser, server).signIn(account.email, account.password)
  await menu(loser).waitFor()
  assert.ok(!loser.url().includes('setup'), loser.url())
  await rivals.close()
  const later = await (await page.context().browser().newContext()).newPage()
  await later.goto(address)
  await enter(later, { email: 'later@example.com', password: 'another horse battery' })
  await over(later).waitFor()
  await later.getByRole('heading', { name: 'Sign in' }).waitFor()
  await later.context().close()
  assert.equal((await server.graphql('{ setUpNeeded }')).setUpNeeded, false)
})
