import { createContext, useContext } from 'react'
import type { Viewer } from './api/session'
import type { Schema } from './api/schema'

/** What all screens know: who is signed in, whether their role is held back until they show a second factor, and what the types are like for them. */
export const SiteContext = createContext<{ schema: Schema; viewer: Viewer; heldBack: boolean } | null>(null)

export function useSite() {
  const site = useContext(SiteContext)
  if (!site) throw new Error('no screen is outside of the frame')
  return site
}
