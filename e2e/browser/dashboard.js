// The dashboard as its user sees it: a menu, lists, forms.

export class Dashboard {
  constructor(page, server) { this.page = page; this.server = server }

  // open signs in and shows a screen.
  static async open(page, server, { email, password }, screen = '') {
    const dashboard = new Dashboard(page, server)
    await page.goto(`${server.url}/admin/${screen}`)
    await dashboard.signIn(email, password)
    await page.getByRole('navigation', { name: 'Menu' }).waitFor()
    return dashboard
  }

  // elsewhere is open in a browser of somebody else; its context is to be closed.
  static async elsewhere(page, server, who, screen) {
    const context = await page.context().browser().newContext({ viewport: page.viewportSize() })
    return Dashboard.open(await context.newPage(), server, who, screen)
  }

  async signIn(email, password) {
    await this.page.getByLabel('Email').fill(email)
    await this.page.getByLabel('Password', { exact: true }).fill(password)
    await this.button('Sign in').click()
  }

  // go shows a screen by its address.
  async go(screen) { await this.page.goto(`${this.server.url}/admin/${screen}`) }

  row(title) { return this.page.getByRole('row').filter({ hasText: title }) }
  button(name) { return this.page.getByRole('button', { name, exact: true }) }

  // saved waits until a notice says that it is.
  async saved() { await this.page.getByText('Saved.').first().waitFor() }
}
