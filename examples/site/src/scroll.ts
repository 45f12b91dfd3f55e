import { useEffect } from 'react'
import { useLocation } from 'wouter'

let back = false
addEventListener('popstate', () => { back = true })

// useScrollToTop begins each new screen at its top. The browser itself finds the place
// of one that the reader comes back to.
export function useScrollToTop() {
  const [path] = useLocation()
  useEffect(() => {
    if (!back) scrollTo(0, 0)
    back = false
  }, [path])
}
