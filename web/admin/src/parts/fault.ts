import { notifications } from '@mantine/notifications'
import type { Fault } from '../api/session'
import { sentence } from '../texts'
import type { Texts } from '../texts/en'

/** faultText says what went wrong: in the reader's language where the code tells all. */
export function faultText(t: Texts, fault: Fault): string {
  if (!fault.extensions?.code && !fault.message) return t.offline
  return (t.faults as Record<string, string>)[fault.extensions?.code ?? ''] ?? fault.message
}

/** wrongAt says what is wrong with one field of an input. */
export function wrongAt(fault: Fault | undefined, path: string): string | undefined {
  const wrong = fault?.extensions?.fields?.find(f => f.path === path)
  return wrong && sentence(wrong.message)
}

/** uploadFault says what is wrong with a file. */
export function uploadFault(t: Texts, fault: Fault): string {
  const code = fault.extensions?.fields?.[0]?.code ?? fault.extensions?.code ?? ''
  return (t.uploadFaults as Record<string, string>)[code] ?? faultText(t, fault)
}

export const showFault = (t: Texts, fault: Fault) => show({ color: 'red', message: faultText(t, fault) })

/** showDone says that something has worked. */
export const showDone = (message: string) => show({ color: 'teal', message, autoClose: 2500 })

let last = ''

/** show says how something went. What was said before it is about that no more. */
function show(notice: Parameters<typeof notifications.show>[0]): void {
  notifications.hide(last)
  last = notifications.show(notice)
}

/** isFault tells what `ask` throws from errors of our own. */
export const isFault = (thrown: unknown): thrown is Fault => typeof thrown === 'object' && thrown !== null && 'message' in thrown && !(thrown instanceof Error)
