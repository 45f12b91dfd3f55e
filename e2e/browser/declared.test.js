// A type that only a project has, with a field of every kind, in the dashboard that is
// embedded: nothing of it was built for this type. See testdata/expeditions.
import assert from 'node:assert/strict'
import { admin, scenario, surroundings } from './browser.js'
import { Dashboard } from './dashboard.js'
import { Form } from './form.js'
import { buildProject } from './project.js'

const binary = await buildProject('expeditions')

let token
let send
const place = surroundings({}, async server => {
  const { signIn } = await server.graphql('mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }', { input: admin })
  token = signIn.tokens.accessToken
  send = (query, variables) => server.graphql(query, variables, token)
  for (const username of ['grace', 'linus']) {
    await send('mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { id } } }', { input: { username, email: `${username}@example.org`, password: 'quiet river stones' } })
  }
  await send('mutation { createPost(input: { title: "The first winter" }) { post { id } } }')
  await send('mutation { createPost(input: { title: "The second winter" }) { post { id } } }')
}, { binary })

const moment = local => new Date(local).toISOString()

// Every field that can be entered: how, what it is made with, what it becomes; and what
// the API says of both, where that is another form.
const fields = [
  { label: 'Call sign', name: 'code', enter: 'text', first: 'ABC-01', second: 'XYZ-99' },
  { label: 'Name', name: 'name', enter: 'text', first: 'Northwest Passage', second: 'Southern Ocean' },
  { label: 'Motto', name: 'motto', enter: 'text', first: 'Onward', second: 'Homeward' },
  { label: 'Summary', name: 'summary', enter: 'text', first: 'Two ships.\nOne map.', second: 'One ship.\n\nNo map.' },
  { label: 'Log', name: 'log', enter: 'text', first: '# Day one\n\n**Ice.**', second: '# Day two' },
  { label: 'Permit', name: 'permit', enter: 'text', first: 'p-1', second: 'p-2' },
  { label: 'Stage', name: 'stage', enter: 'option', first: 'Under way', second: 'Returned', is: ['UNDERWAY', 'RETURNED'] },
  { label: 'Last stage', name: 'lastStage', enter: 'option', first: 'Planned', second: 'Under way', is: ['PLANNED', 'UNDERWAY'] },
  { label: 'Dangerous', name: 'dangerous', enter: 'checked', first: true, second: false },
  { label: 'Insured', name: 'insured', enter: 'option', first: 'No', second: 'Yes', is: [false, true] },
  { label: 'Leaves at', name: 'leavesAt', enter: 'text', first: '2026-03-01T06:30', second: '2027-05-04T12:05', is: [moment('2026-03-01T06:30'), moment('2027-05-04T12:05')] },
  { label: 'Returns on', name: 'returnsOn', enter: 'text', first: '2026-03-10', second: '2027-06-01' },
  { label: 'Crew', name: 'crew', enter: 'text', first: '12', second: '7', is: [12, 7] },
  { label: 'Steps', name: 'steps', enter: 'text', first: '5000000000', second: '123', is: [5_000_000_000, 123] },
  { label: 'Cost', name: 'cost', enter: 'text', first: '1234567890123.40', second: '19.90' },
  { label: 'Equipment', name: 'equipment', enter: 'json', first: { sledges: [2, 2.5], dogs: null }, second: ['one', true] },
  { label: 'Draught', name: 'draught', enter: 'text', first: '3.25', second: '4.5', is: [3.25, 4.5] },
  { label: 'Colour', name: 'colour', enter: 'text', first: '#1f6feb', second: '#00aa88' },
  { label: 'Website', name: 'website', enter: 'text', first: 'https://example.org/a?b=c', second: 'https://example.org' },
  { label: 'Contact', name: 'contact', enter: 'text', first: 'crew@example.org', second: 'home@example.org' },

  { label: 'Tags', name: 'tags', enter: 'tags', first: ['ice', 'north'], second: ['south'] },
  { label: 'Sayings', name: 'sayings', enter: 'list', first: ['Well, well', 'Well, well'], second: ['So: it goes; on'] },
  { label: 'Permits', name: 'permits', enter: 'tags', first: ['a', 'b'], second: ['c'] },
  { label: 'Keys', name: 'keys', enter: 'list', first: ['k, 1', 'k, 1'], second: ['k2'] },
  { label: 'Soundings', name: 'soundings', enter: 'list', first: ['-3', '-40'], second: ['-7'], is: [[-3, -40], [-7]] },
  { label: 'Distances', name: 'distances', enter: 'list', first: ['6000000000', '1'], second: ['2'], is: [[6_000_000_000, 1], [2]] },
  { label: 'Temperatures', name: 'temperatures', enter: 'list', first: ['-1.5', '20'], second: ['0.25'], is: [[-1.5, 20], [0.25]] },
  { label: 'Answers', name: 'answers', enter: 'checks', first: [true, false], second: [false] },
  { label: 'Watches', name: 'watches', enter: 'list', first: ['2026-03-01T04:00', '2026-03-01T08:00'], second: ['2026-03-02T00:00'], is: [[moment('2026-03-01T04:00'), moment('2026-03-01T08:00')], [moment('2026-03-02T00:00')]] },
  { label: 'Holidays', name: 'holidays', enter: 'list', first: ['2026-12-25', '2027-01-01'], second: ['2026-05-01'] },
  { label: 'Expenses', name: 'expenses', enter: 'list', first: ['0.10', '99999999999999999.99'], second: ['5'] },
  { label: 'Readings', name: 'readings', enter: 'jsons', first: [{ wind: 'N' }, [1]], second: ['calm'] },
  { label: 'Stages', name: 'stages', enter: 'options', first: ['Planned', 'Under way'], second: ['Returned'], is: [['PLANNED', 'UNDERWAY'], ['RETURNED']] },

  { label: 'Leader', name: 'leader', enter: 'reference', first: 'grace', second: 'linus', select: '{ _title: username }' },
  { label: 'Members', name: 'members', enter: 'references', first: ['grace', 'linus'], second: ['linus'], select: '{ _title: username }' },
  { label: 'Story', name: 'story', enter: 'reference', first: 'The first winter', second: 'The second winter', select: '{ _title: title }' },
  { label: 'Chart', name: 'chart', enter: 'file', first: 'north.png', second: 'south.png', select: '{ _title: filename }' },
  { label: 'Photos', name: 'photos', enter: 'files', first: ['ship.png', 'crew.png'], second: ['dog.png'], select: '{ _title: filename }' },
  { label: 'Fee', name: 'fee', enter: 'text', first: '100', second: '200', is: [100, 200] },
  { label: 'Registered as', name: 'registeredAs', enter: 'text', first: 'NW-1', fixed: true },
]

// The fields of a place, which is inside an expedition.
const inner = [
  { label: 'Spot', name: 'spot', enter: 'text', first: 'Bay', second: 'Cape' },
  { label: 'Height', name: 'height', enter: 'text', first: '8.5', second: '-2', is: [8.5, -2] },
  { label: 'Harbour', name: 'harbour', enter: 'checked', first: true, second: false },
  { label: 'Season', name: 'season', enter: 'option', first: 'Returned', second: 'Under way', is: ['RETURNED', 'UNDERWAY'] },
  { label: 'Arrival', name: 'arrival', enter: 'text', first: '2026-03-05T12:00', second: '2027-05-06T00:30', is: [moment('2026-03-05T12:00'), moment('2027-05-06T00:30')] },
  { label: 'Founded', name: 'founded', enter: 'text', first: '1845-05-19', second: '0999-12-31' },
  { label: 'Berths', name: 'berths', enter: 'text', first: '4', second: '0', is: [4, 0] },
  { label: 'Toll', name: 'toll', enter: 'text', first: '1.50', second: '0.05' },
  { label: 'Facts', name: 'facts', enter: 'json', first: { a: 1 }, second: [] },
  { label: 'Flags', name: 'flags', enter: 'tags', first: ['red'], second: ['blue', 'white'] },
  { label: 'Keeper', name: 'keeper', enter: 'reference', first: 'linus', second: 'grace', select: '{ _title: username }' },
  { label: 'Picture', name: 'picture', enter: 'file', first: 'bay.png', second: 'cape.png', select: '{ _title: filename }' },
]

const stored = (fields, which) => Object.fromEntries(fields.map(({ name, is, fixed, ...field }) => [name, is ? is[fixed || which === 'first' ? 0 : 1] : field[fixed ? 'first' : which]]))
const selection = fields => fields.map(({ name, select = '' }) => `${name} ${select}`).join(' ')
const named = row => JSON.parse(JSON.stringify(row), (_, v) => (v && typeof v === 'object' && '_title' in v ? v._title : v))

const all = `${selection(fields)} home { ${selection(inner)} buoys { number lit } } shelter { spot } stops { ${selection(inner)} buoys { number lit } }
  importedFrom serial days logHtml before { name } after { totalCount }`
const read = async code => named((await send(`query ($code: String!) { expeditionByCode(code: $code) { ${all} } }`, { code })).expeditionByCode)

scenario('a record of a declared type is made, read again, edited and deleted, with a field of every kind', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin)
  await page.getByRole('navigation', { name: 'Menu' }).getByText('Field work').waitFor()
  await page.getByRole('link', { name: 'Voyages' }).first().click()
  await page.getByRole('link', { name: 'New voyage' }).first().click()
  const form = new Form(page)
  assert.equal(await page.getByLabel('Imported from').count(), 0, 'what is hidden is not shown')
  assert.equal(await page.getByLabel('Serial').count(), 0, 'what no mutation takes is not entered')
  await form.fill(fields, 'first')
  await form.group('Home').fill(inner, 'first')
  const stop = await form.group('Stops').add()
  await stop.fill(inner, 'first')
  const buoy = await stop.group('Buoys').add()
  await buoy.fill([{ label: 'Number', enter: 'text', first: '1' }], 'first')
  await dashboard.button('Create').click()
  await dashboard.saved()
  const place = { ...stored(inner, 'first'), buoys: [] }
  const made = {
    ...stored(fields, 'first'), home: place, shelter: null, stops: [{ ...place, buoys: [{ number: 1, lit: true }] }],
    importedFrom: null, serial: null, days: 9, before: null, after: { totalCount: 0 },
  }
  const { logHtml, ...got } = await read('ABC-01')
  assert.match(logHtml, /<strong>Ice\.<\/strong>/)
  assert.deepEqual(got, made)

  // Read again: what stands in the form is what is stored, and nothing is unsaved.
  await page.reload()
  await form.shows(fields.filter(f => !f.fixed), 'first')
  await form.group('Home').shows(inner, 'first')
  await page.getByText('Registered as').waitFor()
  assert.equal(await dashboard.button('Save').isDisabled(), true)

  const editable = fields.filter(f => !f.fixed)
  await form.fill(editable, 'second')
  await form.group('Home').fill(inner, 'second')
  await form.group('Shelter').button('Add').click()
  await form.group('Shelter').fill(inner.slice(0, 1), 'second')
  await form.group('Stops').item(0).fill(inner, 'second')
  await form.group('Stops').item(0).group('Buoys').remove(0)
  await dashboard.button('Save').click()
  await dashboard.saved()
  const moved = { ...stored(inner, 'second'), buoys: [] }
  const { logHtml: html, ...edited } = await read('XYZ-99')
  assert.match(html, /Day two/)
  assert.deepEqual(edited, { ...made, ...stored(fields, 'second'), home: moved, shelter: { spot: 'Cape' }, stops: [moved], days: 28 })

  // What may be null is emptied, what may not be stays.
  const optional = editable.filter(f => !/^(code|name|stage|dangerous|leavesAt|returnsOn|crew|steps|cost|draught|leader)$/.test(f.name))
  await form.clear(optional)
  await form.group('Shelter').button('Remove').click()
  await form.group('Stops').remove(0)
  await dashboard.button('Save').click()
  await dashboard.saved()
  const emptied = await read('XYZ-99')
  for (const { name } of optional) assert.deepEqual(emptied[name], Array.isArray(emptied[name]) ? [] : null, name)
  assert.deepEqual([emptied.shelter, emptied.stops, emptied.registeredAs], [null, [], 'NW-1'])

  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.waitForURL(/content\/expeditions$/)
  assert.equal((await send('{ expeditions { totalCount } }')).expeditions.totalCount, 0)
})

// Two records that differ in everything.
async function two() {
  const users = (await send('{ users { nodes { id username } } }')).users.nodes
  const id = Object.fromEntries(users.map(u => [u.username, u.id]))
  const create = input => send('mutation ($input: CreateExpeditionInput!) { createExpedition(input: $input) { expedition { id } } }', { input })
  await create({
    name: 'Arctic', code: 'ARC-01', motto: 'Cold', permit: 'p-9', stage: 'PLANNED', lastStage: 'RETURNED', dangerous: false, insured: true, leavesAt: moment('2026-01-01T10:00'), returnsOn: '2026-02-01',
    crew: 3, steps: 10, cost: '9.90', draught: 1.5, tags: ['ice'], permits: ['a'], stages: ['PLANNED'], home: { spot: 'Quay' }, leaderId: id.grace, memberIds: [id.grace], equipment: { a: 1 },
  })
  await create({
    name: 'Baltic', code: 'BAL-02', stage: 'RETURNED', dangerous: true, leavesAt: moment('2026-06-01T10:00'), returnsOn: '2026-07-01',
    crew: 30, steps: 9_000_000_000, cost: '10.00', draught: 12, tags: ['amber'], permits: ['b'], stages: ['RETURNED'], home: { spot: 'Pier' }, leaderId: id.linus, memberIds: [id.linus],
  })
}

// filter adds one to the list that is open.
async function filter(page, dashboard, fields) {
  await dashboard.button('Filter').click()
  await new Form(page, page.getByRole('dialog')).fill(fields, 'first')
  await dashboard.button('Apply').click()
}

scenario('a list of a declared type is sorted and filtered by every kind of field', place, async (page, server) => {
  await two()
  const dashboard = await Dashboard.open(page, server, admin, `content/expeditions?columns=${[...fields.map(f => f.name), 'home', 'stops', 'createdAt'].join()}`)
  const titles = async () => (await page.locator('tbody tr[data-row] a.title').allTextContents()).map(title => title.trim())
  await dashboard.row('Arctic').waitFor()
  const showing = (...want) => page.waitForFunction(want => {
    const got = [...document.querySelectorAll('tbody tr[data-row] a.title')].map(a => a.textContent.trim())
    return JSON.stringify(got) === want
  }, JSON.stringify(want))
  for (const label of ['Stage', 'Leaves at', 'Returns on', 'Crew', 'Steps', 'Cost', 'Draught']) {
    const head = page.getByRole('columnheader', { name: label, exact: true })
    await head.getByRole('button').click()
    await page.waitForFunction(label => [...document.querySelectorAll('th')].some(th => th.textContent === label && th.ariaSort === 'descending'), label)
    await showing('Baltic', 'Arctic')
    await head.getByRole('button').click()
    await page.waitForFunction(label => [...document.querySelectorAll('th')].some(th => th.textContent === label && th.ariaSort === 'ascending'), label)
    await showing('Arctic', 'Baltic')
  }

  for (const [label, condition, enter, value] of [
    ['Call sign', 'begins with', 'text', 'ARC'],
    ['Motto', 'is', 'text', 'Cold'],
    ['Permit', 'is one of', 'tags', ['p-9', 'p-8']],
    ['Stage', 'is one of', 'pressed', ['Planned', 'Under way']],
    ['Last stage', 'is not empty'],
    ['Dangerous', 'is', 'checked', false],
    ['Insured', 'is', 'checked', true],
    ['Leaves at', 'before', 'text', '2026-03-01T00:00'],
    ['Returns on', 'until', 'text', '2026-02-01'],
    ['Crew', 'less than', 'text', '4'],
    ['Steps', 'at most', 'text', '8999999999'],
    ['Cost', 'less than', 'text', '10'],
    ['Draught', 'is', 'text', '1.5'],
    ['Tags', 'holds', 'text', 'ice'],
    ['Permits', 'holds one of', 'tags', ['a', 'z']],
    ['Stages', 'holds', 'option', 'Planned'],
    ['Leader', 'is', 'reference', 'grace'],
    ['Members', 'holds', 'reference', 'grace'],
  ]) {
    await filter(page, dashboard, [
      { label: 'Field', enter: 'option', first: label }, { label: 'Condition', enter: 'option', first: condition },
      ...enter ? [{ label: 'Value', enter, first: value }] : [],
    ])
    await showing('Arctic').catch(async failure => { throw new Error(`${label} ${condition} ${value}: ${await titles()}`, { cause: failure }) })
    if (label === 'Members') { // the last of them: the address says it
      await page.reload()
      await showing('Arctic')
    }
    await page.getByRole('button', { name: `Remove: ${label}` }).click()
    await showing('Arctic', 'Baltic')
  }
})

scenario('a list is filtered by records of two types, of which one may be without a name', place, async (page, server) => {
  const { createLedger: { ledger } } = await send('mutation { createLedger(input: { name: "Paid" }) { ledger { id } } }')
  const arctic = (await send('{ expeditionByCode(code: "ARC-01") { id } }')).expeditionByCode
  await send('mutation ($input: UpdateExpeditionInput!) { updateExpedition(input: $input) { expedition { id } } }', { input: { id: arctic.id, ledgerId: ledger.id } })
  const dashboard = await Dashboard.open(page, server, admin, 'content/expeditions')
  for (const [label, name] of [['Leader', 'grace'], ['Ledger', 'Paid']]) {
    await filter(page, dashboard, [{ label: 'Field', enter: 'option', first: label }, { label: 'Value', enter: 'reference', first: name }])
    await page.getByRole('button', { name: `${label} is ${name}` }).waitFor()
  }
  await dashboard.row('Arctic').waitFor()
  assert.equal(await dashboard.row('Baltic').count(), 0)
  await page.reload() // the names are asked for
  for (const chip of ['Leader is grace', 'Ledger is Paid']) await page.getByRole('button', { name: chip }).waitFor()
  await dashboard.row('Arctic').waitFor()
})

scenario('what breaks a constraint of a declared type is told at the field', place, async (page, server) => {
  const dashboard = await Dashboard.open(page, server, admin, 'content/expeditions/new')
  const form = new Form(page)
  await dashboard.button('Create').click()
  const required = fields.filter(f => ['Call sign', 'Name', 'Leaves at', 'Returns on', 'Crew', 'Draught', 'Leader'].includes(f.label))
  for (const { label } of required) await form.refuses(label, 'Must be given.')
  await form.group('Home').refuses('Spot', 'Must be given.')

  await form.fill(required, 'first')
  await form.fill([
    { label: 'Call sign', enter: 'text', first: 'ARC-1' },
    { label: 'Name', enter: 'text', first: 'No' },
    { label: 'Summary', enter: 'text', first: 'x'.repeat(201) },
    { label: 'Crew', enter: 'text', first: '41' },
    { label: 'Cost', enter: 'text', first: '1.005' },
    { label: 'Draught', enter: 'text', first: '0' },
    { label: 'Website', enter: 'text', first: 'example.org' },
    { label: 'Contact', enter: 'text', first: 'nobody' },
    { label: 'Colour', enter: 'text', first: 'red' },
    { label: 'Tags', enter: 'tags', first: ['x'.repeat(21)] },
    { label: 'Soundings', enter: 'list', first: ['-1', '5'] },
    { label: 'Expenses', enter: 'list', first: ['-0.01'] },
    { label: 'Photos', enter: 'files', first: ['a.png', 'b.png', 'c.png'] },
  ], 'first')
  await form.group('Home').fill([{ label: 'Spot', enter: 'text', first: 'B' }, { label: 'Height', enter: 'text', first: '9001' }], 'first')
  const stop = await form.group('Stops').add()
  await stop.fill([{ label: 'Spot', enter: 'text', first: 'B' }], 'first')
  const buoy = await stop.group('Buoys').add()
  await buoy.fill([{ label: 'Number', enter: 'text', first: '0' }], 'first')
  await dashboard.button('Create').click()
  await form.refuses('Call sign', /Must match/)
  await form.refuses('Name', /at least 3/)
  await form.refuses('Summary', /at most 200/)
  await form.refuses('Crew', /at most 40/)
  await form.refuses('Cost', /multiple of 0.01/)
  await form.refuses('Draught', /more than 0/)
  await form.refuses('Website', /http/)
  await form.refuses('Contact', /address/)
  await form.refuses('Colour', /Must match/)
  await form.refuses('Tags', /at most 20/)
  await form.group('Soundings').refuses('Soundings 2', /at most 0/)
  await form.group('Expenses').refuses('Expenses 1', /at least 0/)
  await form.group('Photos').tells(/at most 2/)
  await form.group('Home').refuses('Spot', /at least 2/)
  await form.group('Home').refuses('Height', /at most 9000/)
  await stop.refuses('Spot', /at least 2/)
  await buoy.refuses('Number', /at least 1/)

  // What is no value of its kind, an entry that was left empty, and a value that is taken.
  await form.group('Stops').remove(0)
  await form.fill(required, 'first')
  await form.group('Home').fill([{ label: 'Spot', enter: 'text', first: 'Bay' }, { label: 'Height', enter: 'text', first: '9000' }], 'first')
  await form.clear(['Summary', 'Website', 'Contact', 'Colour', 'Tags', 'Soundings', 'Photos'].map(label => fields.find(f => f.label === label)))
  await form.fill([{ label: 'Cost', enter: 'text', first: 'much' }, { label: 'Expenses', enter: 'list', first: ['1', ''] }], 'first')
  await dashboard.button('Create').click()
  await form.group('Expenses').refuses('Expenses 2', 'Must be given.')
  await form.group('Expenses').remove(1)
  await dashboard.button('Create').click()
  await form.refuses('Cost', /number/)
  await form.fill([{ label: 'Cost', enter: 'text', first: '1' }, { label: 'Call sign', enter: 'text', first: 'ARC-01' }], 'first')
  await dashboard.button('Create').click()
  await form.refuses('Call sign', /taken/)
  await form.fill([{ label: 'Call sign', enter: 'text', first: 'ARC-02' }], 'first')
  await dashboard.button('Create').click()
  await dashboard.saved()

  // What is never null is not emptied: an update would leave it as it is.
  await form.clear([{ label: 'Steps', enter: 'text' }])
  await dashboard.button('Save').click()
  await form.refuses('Steps', 'Must be given.')
}, { expected: /status of 400/ }) // a value that is none of its kind

scenario('what is entered while a file is uploaded stays', place, async (page, server) => {
  await Dashboard.open(page, server, admin, 'content/expeditions/new')
  let release
  const held = new Promise(go => { release = go })
  await page.route('**/graphql', async route => {
    if (route.request().headers()['content-type']?.startsWith('multipart/')) await held
    await route.continue()
  })
  const form = new Form(page)
  const stop = await form.group('Stops').add()
  await stop.upload('Picture', 'bay.png')
  await page.getByText('bay.png').waitFor()
  await stop.fill(inner.slice(0, 1), 'first')
  await form.fill(fields.filter(f => f.label === 'Motto'), 'second')
  release()
  await stop.group('Picture').button('Remove: bay.png').waitFor()
  await stop.shows(inner.slice(0, 1), 'first')
})

scenario('a type without a rule for the caller is not there for them, and a name of 10,000 characters breaks no screen', place, async (page, server) => {
  const name = 'ledger'.repeat(1666) + 'last'
  const dashboard = await Dashboard.open(page, server, admin, 'content/ledgers/new')
  await page.getByLabel('Name').fill(name)
  await dashboard.button('Create').click()
  await dashboard.saved()
  await page.waitForURL(/ledgers\/ledger_/)
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
  const record = page.url()
  for (const width of [1400, 390]) {
    await page.setViewportSize({ width, height: 900 })
    for (const screen of [record, `${server.url}/admin/content/ledgers`, `${server.url}/admin/`]) {
      await page.goto(screen)
      await page.getByText(name.slice(0, 60)).or(page.getByLabel('Name')).first().waitFor()
      assert.ok(await fits(), `${screen} is wider than ${width}`)
    }
  }
  await page.setViewportSize({ width: 1400, height: 900 })

  const grace = { email: 'grace@example.org', password: 'quiet river stones' }
  const { userByEmail } = await send('{ userByEmail(email: "grace@example.org") { id } }')
  await send('mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { user { id } } }', { input: { id: userByEmail.id, role: 'EDITOR' } })
  const other = await Dashboard.elsewhere(page, server, grace)
  const menu = other.page.getByRole('navigation', { name: 'Menu' })
  await menu.getByRole('link', { name: 'Voyages' }).waitFor()
  assert.equal(await menu.getByRole('link', { name: 'Ledgers' }).count(), 0)
  for (const screen of ['content/ledgers', record.slice(record.indexOf('content'))]) {
    await other.go(screen)
    await other.page.getByText('There is nothing here').waitFor()
  }
  await other.page.context().close()
})

scenario('numbers that JavaScript cannot hold are shown, kept and saved digit by digit', place, async (page, server) => {
  const big = '9007199254740993', fine = '0.12345678901234567890'
  const { createExpedition } = await send(`mutation ($leader: ID!) { createExpedition(input: {
    name: "Digits", code: "DIG-01", leavesAt: "2026-01-01T10:00:00Z", returnsOn: "2026-02-01", crew: 3, draught: 1.5, leaderId: $leader, home: { spot: "Quay" },
    steps: ${big}, distances: [9223372036854775807, 1], equipment: { list: [${big}], n: ${fine}, text: "${big}" }
  }) { expedition { id } } }`, { leader: (await send('{ viewer { id } }')).viewer.id })
  const raw = async () => (await fetch(`${server.url}/graphql`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ expeditionByCode(code: "DIG-01") { motto steps distances equipment } }' }),
  })).text()
  const dashboard = await Dashboard.open(page, server, admin, `content/expeditions?steps.eq=${big}&columns=name,steps,equipment`)
  await dashboard.row('Digits').getByText('9,007,199,254,740,993').waitFor()
  await dashboard.row('Digits').getByText(`{"list":[${big}],"n":${fine},"text":"${big}"}`).waitFor()
  await dashboard.go(`content/expeditions?steps.eq=9007199254740992`)
  await page.getByText('Nothing fits').waitFor()

  await dashboard.go(`content/expeditions/${createExpedition.expedition.id}`)
  const form = new Form(page)
  await form.shows([{ label: 'Steps', enter: 'text', first: big }, { label: 'Distances', enter: 'list', first: ['9223372036854775807', '1'] }], 'first')
  assert.equal(await form.input('Equipment').inputValue(), `{\n  "list": [\n    ${big}\n  ],\n  "n": ${fine},\n  "text": "${big}"\n}`)
  assert.equal(await dashboard.button('Save').isDisabled(), true)
  await form.fill([{ label: 'Motto', enter: 'text', first: 'Onward' }], 'first')
  await dashboard.button('Save').click()
  await dashboard.saved()
  assert.match(await raw(), new RegExp(`"motto":"Onward","steps":${big},"distances":\\[9223372036854775807,1\\],"equipment":{"list":\\[${big}\\],"n":${fine},"text":"${big}"}`))

  await form.fill([{ label: 'Steps', enter: 'text', first: '9007199254740995' }, { label: 'Distances', enter: 'list', first: ['9007199254740997'] }], 'first')
  await form.input('Equipment').fill('{"m":1,"n":1e400}')
  page.once('dialog', question => question.accept())
  await page.reload() // what is not saved is kept in the browser, to the last letter
  await dashboard.button('Restore').click()
  await form.shows([
    { label: 'Steps', enter: 'text', first: '9007199254740995' }, { label: 'Distances', enter: 'list', first: ['9007199254740997'] },
    { label: 'Equipment', enter: 'text', first: '{\n  "m": 1,\n  "n": 1e400\n}' },
  ], 'first')
  await dashboard.button('Save').click()
  await dashboard.saved()
  assert.match(await raw(), /"steps":9007199254740995,"distances":\[9007199254740997\],"equipment":{"m":1,"n":1e400}/)
})
