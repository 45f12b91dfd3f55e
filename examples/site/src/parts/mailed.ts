import { useSyncExternalStore } from 'react'

// A link in a mail has its token behind the #, which browsers tell no server.
interface Mailed { purpose: 'reset' | 'verify' | 'signup' | 'invite', token: string }

const subscribe = (changed: () => void) => {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

// useMailed is the link that this page was opened with.
export function useMailed(): Mailed | undefined {
  const [, purpose, token] = useSyncExternalStore(subscribe, () => location.hash).match(/^#(reset|verify|signup|invite)=(.+)$/) ?? []
  return token ? { purpose: purpose as Mailed['purpose'], token } : undefined
}
