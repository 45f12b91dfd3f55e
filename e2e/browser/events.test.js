// Event streams in a browser's own EventSource, with the session in cookies.
import assert from 'node:assert/strict'
import { admin, scenario, surroundings } from './browser.js'

const place = surroundings()

// graphql sends an operation from the page.
const graphql = (page, query) => page.evaluate(async query => (await fetch('/graphql', {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'GraphQL-Require-Preflight': '1' },
  body: JSON.stringify({ query }),
})).json(), query)

scenario('EventSource hears a result and that it was the last', place, async (page, server) => {
  await page.goto(`${server.url}/playground/`)
  const heard = await page.evaluate(() => new Promise((resolve, reject) => {
    const source = new EventSource('/graphql?query={__typename}')
    const heard = []
    source.addEventListener('next', e => heard.push(JSON.parse(e.data)))
    source.addEventListener('complete', () => { source.close(); resolve(heard) })
    source.onerror = () => reject(new Error(`no complete after ${JSON.stringify(heard)}`))
  }))
  assert.deepEqual(heard, [{ data: { __typename: 'Query' } }])
})

scenario('EventSource follows what its user may see', place, async (page, server) => {
  await page.goto(`${server.url}/playground/`)
  const signedIn = await graphql(page, `mutation { signIn(input: {
    email: "${admin.email}", password: "${admin.password}", transport: COOKIE
  }) { viewer { username } } }`)
  assert.equal(signedIn.errors, undefined)
  await page.evaluate(() => {
    const source = new EventSource('/graphql?query=subscription{postChanged{kind post{title}}}')
    window.heard = []
    source.addEventListener('next', e => window.heard.push(JSON.parse(e.data)))
    window.opened = new Promise(resolve => { source.onopen = resolve })
    window.source = source
  })
  await page.evaluate(() => window.opened)
  // A draft, which its author alone sees: the cookies have told who listens.
  for (let n = 1; await page.evaluate(() => window.heard.length) === 0; n++) {
    const made = await graphql(page, `mutation { createPost(input: { title: "Draft ${n}" }) { post { id } } }`)
    assert.equal(made.errors, undefined)
    await page.waitForTimeout(100)
  }
  const [{ data }] = await page.evaluate(() => window.heard)
  assert.equal(data.postChanged.kind, 'ADDED')
  assert.match(data.postChanged.post.title, /^Draft \d+$/)

  // The stream does not outlive the session.
  await page.evaluate(() => { window.cut = new Promise(resolve => { window.source.onerror = resolve }) })
  const signedOut = await graphql(page, 'mutation { signOut(input: {}) { signedOutAt } }')
  assert.equal(signedOut.errors, undefined)
  await page.evaluate(() => window.cut)
  await page.evaluate(() => window.source.close())
})
