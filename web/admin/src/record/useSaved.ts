import { useEffect, useState } from 'react'
import { useDebouncedCallback } from '@mantine/hooks'
import { keep, recall } from '../kept'
import type { Draft, Values } from './draft'

interface Saved { at: string; values: Values }

/** useSaved keeps in this browser what is unsaved, and offers what was left there. */
export function useSaved(key: string | undefined, draft: Draft) {
  const [left, setLeft] = useState(() => (key ? recall<Saved>(key) : undefined))
  const later = useDebouncedCallback(() => {
    const dirty = draft.dirty()
    if (key) keep(key, dirty.length > 0 ? { at: new Date().toISOString(), values: Object.fromEntries(dirty.map(name => [name, draft.get(name)])) } : undefined)
  }, 500)
  useEffect(() => {
    const atOnce = () => later.flush() // who leaves does not wait
    addEventListener('pagehide', atOnce)
    const end = draft.subscribe(later)
    return () => { removeEventListener('pagehide', atOnce); end() }
  }, [draft])
  const drop = () => { setLeft(undefined); if (key) keep(key, undefined) }
  return { left, drop, restore: () => { if (left) draft.replace(left.values); setLeft(undefined) } }
}
