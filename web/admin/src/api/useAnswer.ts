import { useCallback, useEffect, useState } from 'react'
import { isFault } from '../parts/fault'
import { ask } from './client'
import type { Fault } from './session'

/**
 * useAnswer asks once, and again when it is told to: for what must not change while it is
 * edited, whatever a mutation says of its type.
 */
export function useAnswer<T>(query: string, variables: object = {}) {
  const given = JSON.stringify(variables)
  return useLoaded(useCallback(() => ask<T>(query, JSON.parse(given)), [query, given]))
}

/** useLoaded loads, and again when it is told to. What load throws is a fault. */
export function useLoaded<T>(load: () => Promise<T>): { data?: T; fault?: Fault; again: () => void } {
  const [state, setState] = useState<{ data?: T; fault?: Fault }>({})
  const [times, setTimes] = useState(0)
  useEffect(() => {
    let left = false
    setState({})
    load().then(data => { if (!left) setState({ data }) }, thrown => {
      if (!left) setState({ fault: isFault(thrown) ? thrown : { message: String(thrown) } })
    })
    return () => { left = true }
  }, [load, times])
  return { ...state, again: () => setTimes(times + 1) }
}
