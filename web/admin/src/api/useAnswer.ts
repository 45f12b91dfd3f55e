import { useEffect, useState } from 'react'
import { isFault } from '../parts/fault'
import { ask } from './client'
import type { Fault } from './session'

/**
 * useAnswer asks once, and again when it is told to: for what must not change while it is
 * edited, whatever a mutation says of its type.
 */
export function useAnswer<T>(query: string, variables: object = {}): { data?: T; fault?: Fault; again: () => void } {
  const [state, setState] = useState<{ data?: T; fault?: Fault }>({})
  const [times, setTimes] = useState(0)
  const given = JSON.stringify(variables)
  useEffect(() => {
    let left = false
    setState({})
    ask<T>(query, JSON.parse(given)).then(data => { if (!left) setState({ data }) }, thrown => {
      if (!left) setState({ fault: isFault(thrown) ? thrown : { message: String(thrown) } })
    })
    return () => { left = true }
  }, [query, given, times])
  return { ...state, again: () => setTimes(times + 1) }
}
