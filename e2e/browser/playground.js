// The playground as its user sees it: tabs, an editor, a result.

const asksSchema = request => request.postData()?.includes('__schema') ?? false

export class Playground {
  constructor(page) { this.page = page }

  // open shows the page and waits until it has read the schema.
  static async open(page, server) {
    const schema = page.waitForResponse(r => asksSchema(r.request()))
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

  // send runs the document, which has one operation, and returns the answer.
  async send() {
    const answer = this.page.waitForResponse(
      r => r.url().endsWith('/graphql') && r.request().method() === 'POST' && !asksSchema(r.request()))
    await this.page.getByRole('button', { name: /^Send/ }).click()
    return (await answer).json()
  }

  // shows waits until the result holds the text.
  async shows(text) {
    await this.page.locator('.query-result__list').filter({ hasText: text }).first().waitFor()
  }
}
