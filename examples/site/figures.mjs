// How fast the front page of a running site is to a slow visitor: a processor four times
// slower, answers 40 ms late, nothing cached. Medians of five visits.
//
//   npm run figures -- http://127.0.0.1:8080/
import { chromium } from 'playwright-core'

const address = process.argv[2] ?? 'http://127.0.0.1:8080/'
const limits = { 'first paint': 1500, 'first content': 1500, 'layout shift': 0.05 }

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'],
})
const visits = []
for (let n = 0; n < 5; n++) visits.push(await visit())
await browser.close()

for (const name of Object.keys(visits[0])) {
  const median = visits.map(v => v[name]).sort((a, b) => a - b)[2]
  const limit = limits[name]
  console.log(`${name.padEnd(16)} ${median.toFixed(name === 'layout shift' ? 3 : 0).padStart(8)}${limit ? `  of ${limit}` : ''}`)
  if (limit && median > limit) process.exitCode = 1
}

// visit tells, in milliseconds: when anything was painted, when the first story stood
// there, when the largest picture or text had been painted; and how much has moved.
async function visit() {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: -1, uploadThroughput: -1 })
  const outside = []
  page.on('request', request => { if (!request.url().startsWith(new URL(address).origin)) outside.push(request.url()) })
  await page.addInitScript(observe)
  await page.goto(address)
  await page.waitForFunction(() => window.figures.content)
  await page.waitForLoadState('networkidle')
  const { paint, content, largest, shift } = await page.evaluate(() => window.figures)
  await context.close()
  return { 'first paint': paint, 'first content': content, 'largest paint': largest, 'layout shift': shift, 'outside requests': outside.length }
}

// observe runs in the page, before its own scripts.
function observe() {
  const figures = window.figures = { shift: 0 }
  const each = (type, see) => new PerformanceObserver(list => list.getEntries().forEach(see)).observe({ type, buffered: true })
  each('paint', entry => { if (entry.name === 'first-contentful-paint') figures.paint = entry.startTime })
  each('largest-contentful-paint', entry => { figures.largest = entry.startTime })
  each('layout-shift', entry => { if (!entry.hadRecentInput) figures.shift += entry.value })
  new MutationObserver((_, observer) => {
    if (!document.querySelector('article')) return
    observer.disconnect()
    requestAnimationFrame(() => setTimeout(() => { figures.content = performance.now() }))
  }).observe(document, { childList: true, subtree: true })
}
