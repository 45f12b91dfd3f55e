import { useEffect } from 'react'
import { useNavigation } from '../navigation'
import { go } from '../router'

/** First leads to the first entry of the menu. */
export default function First() {
  const entry = useNavigation()[0]?.entries[0]
  useEffect(() => { if (entry) void go(entry.to, { replace: true }) }, [entry?.to])
  return null
}
