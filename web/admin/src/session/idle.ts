import { useEffect } from 'react'
import { ended, leave } from '../api/session'
import { keep, recall } from '../kept'
import { useStore } from '../store'

/** After so many milliseconds the server wants idle people signed out; 0: never. */
const limit = Number(document.documentElement.dataset.idle ?? 0) * 1000
const seen = 'seen'

/** useIdle signs out when nothing was done in any tab for the time that is set: since the last sign-in, too. */
export function useIdle(signedIn: boolean): void {
  const over = useStore(ended) !== null
  useEffect(() => {
    if (!signedIn || over || limit === 0) return
    let noted = 0
    const note = () => {
      if (Date.now() - noted < Math.min(limit / 4, 5_000)) return
      noted = Date.now()
      keep(seen, noted)
    }
    note()
    const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const
    signs.forEach(sign => addEventListener(sign, note, { passive: true, capture: true }))
    const timer = setInterval(() => {
      if (Date.now() - (recall<number>(seen) ?? 0) > limit) void leave()
    }, Math.min(limit / 4, 15_000))
    return () => {
      clearInterval(timer)
      signs.forEach(sign => removeEventListener(sign, note, { capture: true }))
    }
  }, [signedIn, over])
}
