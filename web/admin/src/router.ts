// Addresses of screens, below the root of the page.
import { Store, useStore } from './store'

/** root is where the dashboard is, such as /admin/, under whatever prefix of a proxy. */
export const root = new URL('.', document.baseURI).pathname

export interface Place { path: string; params: URLSearchParams }

const here = (): Place => ({
  path: decodeURI(location.pathname.slice(root.length)).replace(/\/$/, ''),
  params: new URLSearchParams(location.search),
})

const place = new Store<Place>(here())
export const usePlace = () => useStore(place)

/** Each entry of the history has its number, so that a refused step back can be undone. */
let number: number = history.state?.number ?? 0
history.replaceState({ number }, '')

/** guard asks whether the present screen may be left. */
let guard: (() => Promise<boolean>) | undefined
export function setGuard(ask: (() => Promise<boolean>) | undefined): void { guard = ask }

/** mayLeave asks who has something unsaved. */
export const mayLeave = async (): Promise<boolean> => !guard || guard()

export const address = (to: string) => root + to

/** go shows another screen: `content/posts?sort=-date`. The same screen is no leaving. */
export async function go(to: string, how: { replace?: boolean; stay?: boolean } = {}): Promise<void> {
  if (!how.stay && !(await mayLeave())) return
  if (!how.stay) guard = undefined
  if (how.replace) history.replaceState({ number }, '', address(to))
  else history.pushState({ number: ++number }, '', address(to))
  place.set(here())
  if (!how.stay) scrollTo(0, 0)
}

let undoing = false
addEventListener('popstate', async event => {
  if (undoing) { undoing = false; return }
  const step = (event.state?.number ?? 0) - number
  if (guard && step !== 0) {
    undoing = true
    history.go(-step)
    if (!(await guard())) return
    guard = undefined
    history.go(step)
    return
  }
  number += step
  place.set(here())
})
