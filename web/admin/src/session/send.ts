import { useState, type FormEvent } from 'react'
import type { Fault } from '../api/session'
import { wrongAt } from '../parts/fault'

/** useSend sends a form, and says what went wrong and whether it is on its way. */
export function useSend<T extends object>(send: () => Promise<T | Fault>, then: (result: T) => void) {
  const [fault, setFault] = useState<Fault>()
  const [busy, setBusy] = useState(false)
  async function submit(event: FormEvent) {
    event.preventDefault()
    event.stopPropagation() // the form beneath a modal is none of ours
    setBusy(true)
    const result = await send().catch((): Fault => ({ message: '' }))
    setBusy(false)
    if ('message' in result) setFault(result)
    else then(result)
  }
  return { fault, busy, submit, wrong: (path: string) => wrongAt(fault, path) }
}
