// Form is a form of the dashboard as its user fills it: inputs by their labels, and
// groups of them for what has several.
import assert from 'node:assert/strict'

// A PNG of 2 x 1 pixels.
export const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DAAMQADAUB/5ZWdZMAAAAASUVORK5CYII=', 'base64')

// escaped is a text as a regular expression has it.
const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

export class Form {
  constructor(page, within = page) { this.page = page; this.within = within }

  // input is the one with the label, whatever mark says that it must be given.
  input(label) { return this.within.getByLabel(new RegExp(`^${escaped(label)}( \\*)?$`)).first() }
  button(name) { return this.within.getByRole('button', { name, exact: true }) }

  // group is a field that has several inputs: a list, or a value with fields of its own.
  group(label) { return new Form(this.page, this.within.getByRole('group', { name: label, exact: true }).first()) }
  item(i) { return new Form(this.page, this.items().nth(i)) }
  items() { return this.within.getByRole('list').first().locator('> *') }

  // add adds an entry to the list that this group is, and is the form of it.
  async add() {
    const n = await this.items().count()
    await this.within.getByRole('button', { name: /^Add/ }).last().click()
    const item = this.items().nth(n)
    await item.waitFor()
    return new Form(this.page, item)
  }

  async remove(i) { await this.items().nth(i).getByRole('button', { name: /^Remove/ }).first().click() }

  // fill enters the first or second values of fields.
  async fill(fields, which) { for (const { label, enter, [which]: value } of fields) await kinds[enter].enter(this, label, value) }
  async clear(fields) { for (const { label, enter } of fields) await kinds[enter].clear(this, label) }

  // shows waits until the fields show their first or second values.
  async shows(fields, which) {
    for (const { label, enter, [which]: value } of fields) {
      await until(async () => assert.deepEqual(await kinds[enter].read(this, label), value, label))
    }
  }

  // upload begins to upload a file into a field, and does not wait.
  upload(label, name) { return files.begin(this, label, [name]) }

  // refuses waits until the field says why its value is refused, to assistive technology too.
  async refuses(label, why) {
    const input = this.input(label)
    await until(async () => {
      assert.equal(await input.getAttribute('aria-invalid'), 'true', `${label} is not marked`)
      const ids = (await input.getAttribute('aria-describedby') ?? await input.getAttribute('aria-errormessage') ?? '').split(' ').filter(Boolean)
      const said = (await Promise.all(ids.map(id => this.page.locator(`[id="${id}"]`).allTextContents()))).flat().join(' ')
      if (why instanceof RegExp) assert.match(said, why, label)
      else assert.ok(said.includes(why), `${label} says ${said}`)
    })
  }

  // tells waits until the group says it.
  async tells(what) { await this.within.getByText(what).first().waitFor() }

  // opens brings an input to where its list of options has room.
  opens(label) { return this.input(label).evaluate(input => input.scrollIntoView({ block: 'center' })) }

  // choose chooses an option of the list that an input has opened.
  async choose(name) { await this.page.getByRole('option', { name, exact: true }).filter({ visible: true }).click() }
}

// until tries again for some seconds.
async function until(check) {
  for (const end = Date.now() + 15_000; ;) {
    try { return await check() } catch (failure) { if (Date.now() > end) throw failure }
    await new Promise(next => setTimeout(next, 50))
  }
}

// How each kind of input is filled and read, and what empties it.
const text = {
  enter: (form, label, value) => form.input(label).fill(value),
  read: (form, label) => form.input(label).inputValue(),
  clear: (form, label) => form.input(label).fill(''),
}

const json = {
  enter: (form, label, value) => text.enter(form, label, JSON.stringify(value)),
  read: async (form, label) => JSON.parse(await text.read(form, label)),
  clear: text.clear,
}

const checked = {
  enter: (form, label, value) => form.input(label).setChecked(value, { force: true }), // what is seen is beside it
  read: (form, label) => form.input(label).isChecked(),
}

const option = {
  async enter(form, label, value) {
    if (await text.read(form, label) === value) return
    await form.opens(label)
    await form.input(label).click()
    await form.choose(value)
  },
  read: text.read,
  async clear(form, label) { // what is chosen again is none
    const chosen = await text.read(form, label)
    await form.opens(label)
    await form.input(label).click()
    await form.choose(chosen)
  },
}

const reference = {
  async enter(form, label, value) {
    if (await text.read(form, label) === value) return
    await form.opens(label)
    await form.input(label).fill(value)
    await form.choose(value)
  },
  read: text.read,
  clear: option.clear,
}

// What has several values in one input.
const pills = add => ({
  async enter(form, label, values) {
    await this.clear(form, label)
    for (const value of values) await add(form, label, value)
    await form.input(label).blur()
  },
  async clear(form, label) {
    const input = form.input(label)
    for (let n = (await pillsOf(input)).length; n > 0; n--) await input.press('Backspace')
  },
  read: (form, label) => pillsOf(form.input(label)),
})
const pillsOf = input => input.locator('xpath=..').locator('.mantine-Pill-label').allTextContents()
const tags = pills(async (form, label, value) => {
  await form.input(label).fill(value)
  await form.input(label).press('Enter')
})

// A list of inputs, each with the label and its number.
const list = one => ({
  async enter(form, label, values) {
    await this.clear(form, label)
    const group = form.group(label)
    for (const [i, value] of values.entries()) {
      await group.add()
      await one.enter(group, `${label} ${i + 1}`, value)
    }
  },
  async clear(form, label) {
    const group = form.group(label)
    for (let n = await group.items().count(); n > 0; n--) await group.remove(n - 1)
  },
  async read(form, label) {
    const group = form.group(label)
    const n = await group.items().count()
    return Promise.all(Array.from({ length: n }, (_, i) => one.read(group, `${label} ${i + 1}`)))
  },
})

const files = {
  async enter(form, label, names) {
    await files.clear(form, label)
    const { within } = form.group(label)
    await files.begin(form, label, names)
    for (const name of names) await within.getByRole('button', { name: `Remove: ${name}` }).waitFor()
  },
  // begin begins to upload, and does not wait.
  begin: (form, label, names) => form.group(label).within.locator('input[type=file]').setInputFiles(names.map(name => ({ name, mimeType: 'image/png', buffer: dot }))),
  clear: list(text).clear,
  read: (form, label) => form.group(label).items().allTextContents(),
}

const kinds = {
  text, json, checked, option, reference, tags, files,
  references: pills(reference.enter),
  list: list(text), jsons: list(json), checks: list(checked), options: list(option),
  file: {
    enter: (form, label, name) => files.enter(form, label, [name]),
    clear: files.clear,
    read: async (form, label) => (await files.read(form, label))[0],
  },
  // Buttons of which some are pressed.
  pressed: { enter: async (form, label, names) => { for (const name of names) await form.group(label).button(name).click() } },
}
