import { useCallback, useRef } from 'react'

/**
 * useLatest is a function that stays the same and does what the last drawn one does: so
 * those who get it need not be drawn anew.
 */
export function useLatest<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
  const latest = useRef(act)
  latest.current = act
  return useCallback((...args: A) => latest.current(...args), [])
}
