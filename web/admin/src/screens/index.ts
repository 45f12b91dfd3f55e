import { IconCode, IconHome, type Icon } from '@tabler/icons-react'
import { lazy, type ComponentType } from 'react'
import type { Schema } from '../api/schema'
import type { Viewer } from '../api/session'
import type { Texts } from '../texts/en'
import { ListScreen } from './list'

/**
 * A screen of the dashboard: a file in this folder, and a line in the list below.
 * `path` is its address below /admin/, with :names for the parts that its component
 * gets as props. `entry` is its place in the menu, nothing for those who may not.
 */
export interface Screen {
  path: string
  component: ComponentType<Record<string, string>>
  entry?: (site: { t: Texts; schema: Schema; viewer: Viewer }) => { to: string; label: string; icon: Icon } | undefined
}

const developer = lazy(() => import('./developer'))

export const screens: Screen[] = [
  { path: '', component: lazy(() => import('./home')), entry: ({ t }) => ({ to: '', label: t.home, icon: IconHome }) },
  { path: 'content/:type', component: ListScreen },
  { path: 'content/:type/:id', component: lazy(() => import('./record')) },
  { path: 'profile', component: lazy(() => import('./profile')) },
  { path: 'develop', component: developer, entry: ({ t, viewer }) => (viewer.role === 'ADMIN' ? { to: 'develop', label: t.developer, icon: IconCode } : undefined) },
  { path: 'develop/:type', component: developer },
]

/** find is the screen of an address, and the parts of it. */
export function find(path: string): { screen: Screen; parts: Record<string, string> } | undefined {
  const given = path.split('/')
  for (const screen of screens) {
    const wanted = screen.path.split('/')
    if (wanted.length !== given.length || !wanted.every((part, i) => part.startsWith(':') || part === given[i])) continue
    return { screen, parts: Object.fromEntries(wanted.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), given[i]]] : []))) }
  }
}
