// What stands behind the # of an address that the server has printed or mailed: a token, which
// no server and no proxy logs there.
import { Store } from '../store'

export interface Link { kind: 'setup' | 'reset' | 'verify' | 'signup' | 'invite'; token: string }

function read(): Link | null {
  const found = location.hash.match(/^#(setup|reset|verify|signup|invite)=(.+)$/)
  return found && { kind: found[1] as Link['kind'], token: found[2] }
}

/** link is what this page was opened with, until it is forgotten. */
export const link = new Store(read())
addEventListener('hashchange', () => link.set(read()))

/** forget takes the token out of the address, and out of the history. */
export function forget(): void {
  history.replaceState(history.state, '', location.pathname + location.search)
  link.set(null)
}
