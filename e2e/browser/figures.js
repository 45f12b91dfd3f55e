// Prints how fast and how large the dashboard and examples/site are, beside what they
// shall be. Times depend on the machine; what is exact decides the exit code.
//
//   npm run figures               about five minutes, most of it for 100,000 posts
//   npm run figures -- 3000       with so many posts
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { admin, launch } from './browser.js'
import { Dashboard } from './dashboard.js'
import { start } from './grapnel.js'
import { buildProject } from './project.js'

const posts = process.argv[2] ?? '100000'
const site = resolve(import.meta.dirname, '../../examples/site')
const unlimited = { GRAPNEL_USER_COST: '100000000', GRAPNEL_ADDRESS_COST: '100000000' }
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8')
const median = values => values.toSorted((a, b) => a - b)[values.length >> 1]
const lists = '/admin/content/posts'
const line = (name, value, most, note) => console.log(`| ${name.padEnd(46)} | ${value.padStart(9)} | ${most.padStart(8)} | ${note}`)

// row prints a figure, of which there may be `most`; an exact one must not be more.
function row(name, value, most, { exact, digits = 0, unit = '', note = '' } = {}) {
  const missed = !(value <= most)
  line(name, `${value.toFixed(digits)} ${unit}`.trim(), `${most} ${unit}`.trim(), missed ? `MISSED ${note}` : note)
  if (exact && missed) process.exitCode = 1
}

// visit opens an address in a page of its own context, as somebody who is signed in, and
// gives what it asked for: where else, how many operations, how many bytes of the page itself, without
// pictures of its content.
async function visit(browser, cookies, url, { slow } = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, reducedMotion: 'reduce' })
  context.setDefaultTimeout(120_000)
  await context.addCookies(cookies)
  await context.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('a.title, form, pre')) return
      observer.disconnect()
      requestAnimationFrame(() => setTimeout(() => { console.debug(`shown ${performance.now()}`) }))
    }).observe(document, { childList: true, subtree: true })
  })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  if (slow) {
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: -1, uploadThroughput: -1 })
  }
  const asked = { outside: [], operations: [], bytes: 0 }
  page.on('request', request => {
    if (!request.url().startsWith(new URL(url).origin) && !/^(data|blob):/.test(request.url())) asked.outside.push(request.url())
    if (request.url().endsWith('/graphql') && request.method() === 'POST') asked.operations.push(request.postDataJSON())
  })
  const types = new Map()
  devtools.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type))
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (['Document', 'Script', 'Stylesheet', 'Font'].includes(types.get(requestId))) asked.bytes += encodedDataLength
  })
  // What asks the page for it would itself be worked at while it shows the list.
  const show = async open => {
    const [said] = await Promise.all([page.waitForEvent('console', m => m.text().startsWith('shown ')), open()])
    return Number(said.text().split(' ')[1])
  }
  return { asked, page, shown: await show(() => page.goto(url)), again: () => show(() => page.reload()), close: () => context.close() }
}

async function cookiesOf(browser, server) {
  const context = await browser.newContext()
  await Dashboard.open(await context.newPage(), server, admin)
  const cookies = await context.cookies()
  await context.close()
  return cookies
}

async function firstList(browser, server, cookies) {
  const [cold, warm, sizes] = [[], [], []]
  for (let n = 0; n < 3; n++) {
    const seen = await visit(browser, cookies, server.url + lists, { slow: true })
    cold.push(seen.shown)
    sizes.push(seen.asked.bytes / 1000)
    warm.push(await seen.again())
    await seen.close()
  }
  row('first list, cold, 4x slower processor, 40 ms', median(cold), 3000, { unit: 'ms' })
  row('first list, warm', median(warm), 1000, { unit: 'ms' })
  row('what the first screen loads, gzip', median(sizes), 400, { exact: true, unit: 'kB' })
}

// work is the processor time that a server has used, in milliseconds.
async function work({ pid }) {
  const threads = await readdir(`/proc/${pid}/task`)
  const spent = await Promise.all(threads.map(async id => Number((await readFile(`/proc/${pid}/task/${id}/schedstat`, 'utf8')).split(' ')[0])))
  return spent.reduce((a, b) => a + b) / 1e6
}

// A list of 100 as the dashboard asks for it, against the same rows and columns asked for by hand.
async function listAgainstQuery(browser, server, cookies) {
  const seen = await visit(browser, cookies, `${server.url}${lists}?status.eq=PUBLISHED&sort=-title&size=100&columns=title,status,date,author,tags`)
  const { query, variables } = seen.asked.operations.find(o => o.operationName === 'List')
  await seen.close()
  const bare = `query ($first: Int, $where: PostWhere, $orderBy: PostOrder) { posts(first: $first, where: $where, orderBy: $orderBy) {
    nodes { id title status date author { id username } tags } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
  const { signIn } = await server.graphql('mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }', { input: admin })
  const cost = async (query, variables) => {
    const before = await work(server)
    for (let n = 0; n < 20; n++) await server.graphql(query, variables, signIn.tokens.accessToken)
    return (await work(server) - before) / 20
  }
  const { first, where, orderBy } = variables
  const [dashboard, own] = [[], []]
  for (let round = 0; round < 7; round++) {
    dashboard.push(await cost(query, variables))
    own.push(await cost(bare, { first, where, orderBy }))
  }
  row(`a list of 100 of ${posts}, against its bare query`, median(dashboard.slice(1)) / median(own.slice(1)), 1.1,
    { digits: 2, unit: 'x', note: `${median(dashboard.slice(1)).toFixed(1)} ms of the server's processor` })
}

async function screens(browser, server, cookies) {
  const { posts: { nodes: [post] } } = await server.graphql('{ posts(first: 1) { nodes { id } } }')
  const faults = {}
  const outside = new Set()
  let most = ['', 0]
  for (const screen of ['', 'content/posts', `content/posts/${post.id}`, 'content/posts/new', 'content/assets', 'content/users', 'content/pages', 'content/site', 'profile', 'develop']) {
    const context = await visit(browser, cookies, `${server.url}/admin/${screen}`).catch(() => undefined)
    if (!context) { faults[screen] = ['was not shown']; continue }
    const { page, asked } = context
    await page.waitForLoadState('networkidle').catch(() => {}) // of a slow machine
    asked.outside.forEach(url => outside.add(url))
    const queries = asked.operations.filter(o => !/^\s*mutation/.test(o.query ?? '')).length
    if (queries > most[1]) most = [screen, queries]
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => window.axe.run())
    const serious = violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => `${v.id} ${v.nodes.map(n => n.target).join(' ')}`)
    if (serious.length > 0) faults[screen] = serious
    await context.close()
  }
  row('axe: serious faults of all screens', Object.values(faults).flat().length, 0, { exact: true, note: [...new Set(Object.values(faults).flat())].join('; ') })
  row('requests to other hosts', outside.size, 0, { exact: true, note: [...outside].join(' ') })
  row('queries of a screen, mutations beside', most[1], 2, { exact: true, note: most[0] })
}

// A form of a project's own type, with entries added until it has 60 inputs.
async function typing(browser) {
  const server = await start({ admin, settings: unlimited, binary: await buildProject('expeditions') })
  try {
    const { page, close } = await visit(browser, await cookiesOf(browser, server), `${server.url}/admin/content/expeditions/new`)
    const inputs = () => page.locator('form :is(input, textarea):not([type=hidden], [type=file])').count()
    while (await inputs() < 60) await page.getByRole('button', { name: 'Add place' }).click()
    await page.evaluate(() => {
      window.longest = 0
      let last
      const frame = now => { if (last) window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame) }
      requestAnimationFrame(frame)
    })
    const type = async input => {
      await input.focus()
      await page.evaluate(() => { window.longest = 0 })
      await page.keyboard.type('Through the Northwest Passage and home again', { delay: 40 })
      return page.evaluate(() => window.longest)
    }
    row('longest frame while typing', await type(page.getByLabel('Name').first()), 50, { unit: 'ms', note: `${await inputs()} inputs` })
    row('longest frame while typing in a list of values', await type(page.getByLabel('Spot').last()), 50, { unit: 'ms' })
    await close()
  } finally {
    await server.stop()
  }
}

// What the scripts of examples/site print.
async function siteFigures(server) {
  const run = (...args) => promisify(execFile)('node', args, { cwd: site }).catch(failed => failed).then(({ stdout }) => stdout)
  const printed = await run('figures.mjs', `${server.url}/`)
  const figure = name => Number(printed.match(new RegExp(`^${name} +([\\d.]+)`, 'm'))?.[1] ?? NaN)
  row('site: first content, on the same', figure('first content'), 1500, { unit: 'ms' })
  row('site: layout shift', figure('layout shift'), 0.05, { digits: 3 })
  row('site: requests to other hosts', figure('outside requests'), 0, { exact: true })
  row('site: script, gzip', Number((await run('size.mjs')).match(/([\d.]+) kB {2}of script/)?.[1] ?? NaN), 150, { exact: true, unit: 'kB' })
}

line('figure', 'measured', 'at most', '')
line('---', '---', '---', '---')
const browser = await launch()
const server = await start({ admin, settings: { ...unlimited, GRAPNEL_PRODUCTION: 'true', GRAPNEL_SITE_DIR: join(site, 'dist') }, seed: ['--posts', posts, '--users', '50', '--images', '4'] })
try {
  const cookies = await cookiesOf(browser, server)
  await firstList(browser, server, cookies)
  await listAgainstQuery(browser, server, cookies)
  await screens(browser, server, cookies)
  await siteFigures(server)
  await typing(browser)
} finally {
  await browser.close()
  await server.stop()
}
