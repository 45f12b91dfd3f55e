// The playground as its user sees it: tabs, an editor, a result.

export class Playground {
  constructor(page) { this.page = page }

  // open shows the page and waits until it has read the schema.
  static async open(page, server) {
    const schema = page.waitForResponse(r => r.request().postData()?.includes('__schema') ?? false)
    await page.goto(`${server.url}/playground`)
    await schema
    const playground = new Playground(page)
    await playground.tab('1 Sign in')
    return playground
  }

  async tab(name) {
    await this.page.locator('.window-switcher__item', { hasText: name }).click()
    await this.page.locator('.window-switcher__item--active', { hasText: name }).waitFor()
  }

  // write replaces the document in the editor.
  async write(document) {
    await this.page.locator('.query-editor__input .cm-content').click()
    await this.page.keyboard.press('ControlOrMeta+A')
    await this.page.keyboard.insertText(document)
  }

  // send runs the document, which has one operation, and returns the answer as it
  // is shown.
  async send() {
    const shown = this.page.locator('.query-result__list .cm-content').filter({ hasText: '}' })
    const clear = this.page.getByRole('button', { name: 'Clear' })
    if (await clear.isVisible()) await clear.click()
    await shown.waitFor({ state: 'detached' })
    await this.page.getByRole('button', { name: /^Send/ }).click()
    return JSON.parse(await shown.innerText())
  }

  // shows waits until the result holds the text.
  async shows(text) {
    await this.page.locator('.query-result__list').filter({ hasText: text }).first().waitFor()
  }
}
