// Trees such as the menu of the site: entries are moved between levels.
import assert from 'node:assert/strict'
import { admin, scenario } from './browser.js'
import { Dashboard } from './dashboard.js'
import { newsroom } from './newsroom.js'

const place = newsroom()

const link = (label, children = []) => ({ label, url: `/${label.toLowerCase()}`, children })

const plant = (server, navigation) => server.graphql(
  'mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { site { id } } }', { input: { navigation } }, server.token)

// Trees are compared as lines: an entry after a dash for each level above it.
const lines = (entries, level = 0) => entries.flatMap(({ label, children }) => ['-'.repeat(level) + label, ...lines(children ?? [], level + 1)])

const stored = server => server.graphql('{ site { navigation { label children { label children { label children { label } } } } } }')
  .then(({ site }) => lines(site.navigation))

const handle = (page, label) => page.getByRole('button', { name: `Move ${label}`, exact: true })

const shown = page => page.getByRole('button', { name: /^Move / }).evaluateAll(handles => handles.map(h =>
  '-'.repeat(parseFloat(getComputedStyle(h.parentElement).paddingLeft) / 28) + h.getAttribute('aria-label').slice(5)))

async function save(page, server, dashboard, want) {
  assert.deepEqual(await shown(page), want)
  await dashboard.button('Save').click()
  await dashboard.saved()
  assert.deepEqual(await stored(server), want)
  await page.reload()
  await handle(page, want[0]).waitFor()
  assert.deepEqual(await shown(page), want)
}

scenario('entries of a menu change their level by the keyboard', place, async (page, server) => {
  await plant(server, [link('About'), link('Team', [link('Jobs')]), link('Contact'), link('Imprint')])
  const dashboard = await Dashboard.open(page, server, admin, 'content/site')
  const press = async (label, key, said) => {
    await handle(page, label).press(key)
    await page.getByText(said, { exact: true }).waitFor({ state: 'attached' })
    await handle(page, label).and(page.locator(':focus')).waitFor()
  }
  await handle(page, 'About').waitFor()
  await press('Contact', 'ArrowRight', 'Now 2 of 2 below Team')
  await press('Contact', 'ArrowUp', 'Now 1 of 2 below Team')
  await press('Contact', 'ArrowUp', 'Now 2 of 4') // before the one that it was below
  await press('Contact', 'ArrowDown', 'Now 3 of 4')
  await press('Team', 'ArrowRight', 'Now 1 of 1 below About')
  await press('Contact', 'ArrowRight', 'Now 2 of 2 below About')
  await press('Contact', 'ArrowRight', 'Now 2 of 2 below Team')
  await press('Contact', 'ArrowRight', 'It cannot go there.')
  await press('Imprint', 'Home', 'Now 1 of 2')
  await press('About', 'ArrowRight', 'It cannot go there.') // with what is below it, it would be too deep
  await press('Jobs', 'ArrowLeft', 'Now 2 of 2 below About')
  await save(page, server, dashboard, ['Imprint', 'About', '-Team', '--Contact', '-Jobs'])
})

scenario('entries of a menu are dragged between levels', place, async (page, server) => {
  await plant(server, [link('About'), link('Team'), link('Contact', [link('Map')]), link('Imprint')])
  const dashboard = await Dashboard.open(page, server, admin, 'content/site')
  const drag = async (label, over, right) => {
    await handle(page, label).scrollIntoViewIfNeeded()
    const from = await handle(page, label).boundingBox()
    const to = await handle(page, over).boundingBox()
    const middle = box => box.y + box.height / 2
    await page.mouse.move(from.x + 10, middle(from))
    await page.mouse.down()
    await page.mouse.move(from.x + 10 + right, middle(from) + Math.sign(middle(to) - middle(from)) * 6, { steps: 4 })
    await page.mouse.move(from.x + 10 + right, middle(to) + Math.sign(middle(to) - middle(from)) * 8, { steps: 12 })
    await page.mouse.up()
  }
  await handle(page, 'About').waitFor()
  await drag('Team', 'Team', 30)
  assert.deepEqual(await shown(page), ['About', '-Team', 'Contact', '-Map', 'Imprint'])
  await drag('Contact', 'Contact', 30)
  assert.deepEqual(await shown(page), ['About', '-Team', '-Contact', '--Map', 'Imprint'])
  await drag('Map', 'Imprint', -100)
  assert.deepEqual(await shown(page), ['About', '-Team', '-Contact', 'Imprint', 'Map'])
  await drag('Imprint', 'About', 0)
  await save(page, server, dashboard, ['Imprint', 'About', '-Team', '-Contact', 'Map'])
})

scenario('an entry is added below another one, and what is wrong with it is said there', place, async (page, server) => {
  await plant(server, [link('About', [link('Team')])])
  const dashboard = await Dashboard.open(page, server, admin, 'content/site')
  await page.getByRole('button', { name: 'Add below Team' }).click()
  await dashboard.button('Save').click()
  await page.getByText('Must be given.').waitFor()
  const label = page.locator('#field-navigation\\.0\\.children\\.0\\.children\\.0\\.label')
  assert.equal(await label.getAttribute('aria-invalid'), 'true')
  await label.fill('Jobs')
  await dashboard.button('Save').click() // neither a post nor an address
  await page.locator('[aria-invalid="true"], [role="alert"]').first().waitFor()
  await page.locator('#field-navigation\\.0\\.children\\.0\\.children\\.0\\.url').fill('/jobs')
  await save(page, server, dashboard, ['About', '-Team', '--Jobs'])
  await page.getByRole('button', { name: 'Remove: Team' }).click()
  await dashboard.button('Save').click()
  await dashboard.saved()
  assert.deepEqual(await stored(server), ['About'])
})
