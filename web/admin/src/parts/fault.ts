import { notifications } from '@mantine/notifications'
import type { Fault } from '../api/session'
import type { Texts } from '../texts/en'

/** faultText says what went wrong: in the reader's language where the code tells all. */
export function faultText(t: Texts, fault: Fault): string {
  if (!fault.extensions?.code && !fault.message) return t.offline
  return (t.faults as Record<string, string>)[fault.extensions?.code ?? ''] ?? fault.message
}

/** uploadFault says what is wrong with a file. */
export function uploadFault(t: Texts, fault: Fault): string {
  const code = fault.extensions?.fields?.[0]?.code ?? fault.extensions?.code ?? ''
  return (t.uploadFaults as Record<string, string>)[code] ?? faultText(t, fault)
}

export const showFault = (t: Texts, fault: Fault) => notifications.show({ color: 'red', message: faultText(t, fault) })

/** isFault tells what `ask` throws from errors of our own. */
export const isFault = (thrown: unknown): thrown is Fault => typeof thrown === 'object' && thrown !== null && 'message' in thrown && !(thrown instanceof Error)
