// A second factor: set up in the profile, asked for at the sign-in, for what opens accounts,
// and for the rights of a role; and passkeys, at Chromium's virtual authenticator.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { resolve } from 'node:path'
import { admin, scenario, surroundings } from './browser.js'
import { Dashboard } from './dashboard.js'

// Passkeys need a name, where others have an address of numbers.
const place = surroundings({ GRAPNEL_ADDR: 'localhost:0', GRAPNEL_SITE_DIR: resolve(import.meta.dirname, '../../examples/site/dist') })
const strict = surroundings({ GRAPNEL_ADDR: 'localhost:0', GRAPNEL_SECOND_FACTOR: 'admin' })

// App is an authenticator app (RFC 6238). No two codes that it shows are the same: it goes ahead
// of its clock, by one at most.
class App {
  #secret
  #step = 0

  constructor(secret) {
    const bits = [...secret].map(c => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
    this.#secret = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)))
  }

  shows() {
    this.#step = Math.max(this.#step + 1, Math.floor(Date.now() / 30_000))
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(this.#step))
    const mac = createHmac('sha1', this.#secret).update(counter).digest()
    return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  }
}

// setUp sets an app up and is it, with the recovery codes.
async function setUp(page) {
  await page.getByRole('button', { name: 'Set up an app' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set up an app' })
  await dialog.getByAltText('Picture for the app').waitFor()
  const app = new App((await dialog.locator('pre').textContent()).trim())
  await dialog.getByLabel('Six digits of the app').fill('000000')
  await dialog.getByRole('button', { name: 'Turn on' }).click()
  await dialog.getByText('Is not what the app shows now').waitFor()
  await dialog.getByLabel('Six digits of the app').fill(app.shows())
  await dialog.getByRole('button', { name: 'Turn on' }).click()
  const told = page.getByRole('dialog', { name: 'This is shown once' })
  const codes = (await told.locator('pre').textContent()).trim().split('\n')
  assert.equal(codes.length, 10)
  await told.getByRole('button', { name: 'Close' }).click()
  return { app, codes }
}

const menu = page => page.getByRole('navigation', { name: 'Menu' })
const asked = page => page.getByRole('dialog', { name: 'Second factor' })
const again = page => page.getByRole('dialog', { name: 'Show that it is you' })

async function confirm(dialog, code) {
  await dialog.getByLabel('Code').fill(code)
  await dialog.getByRole('button', { name: 'Go on' }).click()
}

async function signOut(page, server) {
  await page.context().clearCookies({ name: /access|refresh/ })
  await page.goto(`${server.url}/admin/profile`)
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
}

scenario('a second factor is set up, asked for, and a device is remembered', place, async (page, server) => {
  const elsewhere = await Dashboard.elsewhere(page, server, admin, 'profile') // without a second factor yet
  const dashboard = await Dashboard.open(page, server, admin, 'profile')
  const { app, codes } = await setUp(page)
  await page.getByText('Recovery codes left: 10.').waitFor()

  await signOut(page, server)
  await dashboard.signIn(admin.email, admin.password)
  await confirm(asked(page), '000000')
  await asked(page).getByText('Is wrong or was used already').waitFor()
  await confirm(asked(page), codes[0])
  await menu(page).waitFor()
  await page.getByText('Recovery codes left: 9.').waitFor()

  await signOut(page, server)
  await dashboard.signIn(admin.email, admin.password)
  await asked(page).getByRole('button', { name: 'Close' }).click()
  await page.getByText('You are not signed in yet').waitFor()
  await dashboard.button('Sign in').click()
  await asked(page).getByLabel('Do not ask on this device for 30 days').check()
  await confirm(asked(page), app.shows())
  await menu(page).waitFor()
  await signOut(page, server)
  await dashboard.signIn(admin.email, admin.password)
  await menu(page).waitFor()

  // A session that has not shown it is asked before it changes anything.
  await elsewhere.page.reload()
  await elsewhere.button('Turn off').click()
  await elsewhere.page.getByRole('dialog', { name: 'Turn off' }).getByRole('button', { name: 'Turn off' }).click()
  await again(elsewhere.page).getByRole('button', { name: 'Close' }).click()
  await elsewhere.page.getByText('This was not done').waitFor()
  await elsewhere.button('Turn off').click()
  await elsewhere.page.getByRole('dialog', { name: 'Turn off' }).getByRole('button', { name: 'Turn off' }).click()
  await confirm(again(elsewhere.page), codes[1])
  await elsewhere.button('Set up an app').waitFor()
  await elsewhere.page.context().close()
})

// A virtual authenticator of a page: a device whose user always touches it.
async function virtual(page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
}

scenario('a passkey is added, signs in, and is removed', place, async (page, server) => {
  await virtual(page)
  const dashboard = await Dashboard.open(page, server, admin, 'profile')
  await page.getByRole('region', { name: 'Passkeys' }).getByLabel('Name').fill('My phone')
  await dashboard.button('Add a passkey').click()
  await dashboard.button('Remove the passkey My phone').waitFor()

  await signOut(page, server)
  await dashboard.button('Use a passkey').click()
  await menu(page).waitFor()
  await page.getByText(/^last used/).first().waitFor()

  await dashboard.button('Remove the passkey My phone').click()
  await page.getByRole('dialog', { name: 'Remove the passkey My phone' }).getByRole('button', { name: 'Remove' }).click()
  await dashboard.button('Remove the passkey My phone').waitFor({ state: 'detached' })
  await signOut(page, server)
  await dashboard.button('Use a passkey').click()
  await page.getByRole('alert').waitFor()
})

scenario('a role waits for a second factor', strict, async (page, server) => {
  await Dashboard.open(page, server, admin, 'profile')
  await page.getByText('You have fewer rights until you have shown one').waitFor()
  await setUp(page)
  await page.getByText('You have fewer rights').waitFor({ state: 'detached' })
  await menu(page).getByRole('link', { name: 'Mails' }).waitFor() // which administrators alone have
})

// The server has not seen the queries of the site before, which browsers write to the console.
scenario('a reader of the site has a second factor', place, async (page, server) => {
  const ada = { username: 'ada', email: 'ada@example.org', password: 'a lamp in the window' }
  await server.graphql('mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { id } } }', { input: ada })
  const enter = async () => {
    await page.goto(`${server.url}/sign-in`)
    await page.getByLabel('Email').fill(ada.email)
    await page.getByLabel('Password').fill(ada.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  const name = page.getByRole('banner').getByRole('link', { name: 'ada' })
  await enter()
  await name.click()
  await page.getByRole('link', { name: 'A second factor for your sign-in' }).click()
  await page.getByRole('button', { name: 'Set up an app' }).click()
  const app = new App((await page.locator('pre').textContent()).trim())
  await page.getByLabel('Code').fill(app.shows())
  await page.getByRole('button', { name: 'Turn it on' }).click()
  await page.getByText('Recovery codes left: 10.').waitFor()
  const codes = (await page.locator('pre').textContent()).trim().split('\n')

  await page.getByRole('link', { name: 'Your profile' }).click()
  await page.getByRole('button', { name: /^Sign out/ }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  await enter()
  await page.getByLabel('Code').fill('000000')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('is wrong or was used already').waitFor()
  await page.getByLabel('Code').fill(codes[0])
  await page.getByRole('button', { name: 'Go on' }).click()
  await name.click()
  await page.getByRole('link', { name: 'A second factor for your sign-in' }).click()
  await page.getByRole('button', { name: 'Turn it off' }).click()
  await page.getByRole('button', { name: 'Set up an app' }).waitFor()
}, { expected: /status of 400/ })
