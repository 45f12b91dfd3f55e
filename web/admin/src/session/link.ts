// What stands behind the # of an address that the server has printed, mailed or sent the browser
// on to: a token, which no server and no proxy logs there.
import { Store } from '../store'

export interface Link { kind: 'setup' | 'reset' | 'verify' | 'signup' | 'invite' | 'signin' | 'signin-failed'; token: string }

function read(): Link | null {
  const found = location.hash.match(/^#(setup|reset|verify|signup|invite|signin|signin-failed)=(.+)$/)
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
