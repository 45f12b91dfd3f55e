import type { Icon } from '@tabler/icons-react'
import { pathOf } from './api/schema'
import { useSite } from './context'
import { typeIcon } from './parts/icons'
import { screens } from './screens'
import { useTexts, word } from './texts'

export interface Entry { to: string; label: string; icon: Icon }
export interface Section { label: string; entries: Entry[] }

/** useNavigation is the menu: screens of their own above, then types in the schema's groups. */
export function useNavigation(): Section[] {
  const t = useTexts()
  const { schema, viewer } = useSite()
  const own = screens.flatMap(screen => screen.entry?.({ t, schema, viewer }) ?? [])
  const sections = new Map<string, Entry[]>([['', own]])
  for (const type of schema.types) {
    if (type.hidden || type.read === 'NONE' || own.some(e => e.to === `content/${pathOf(type)}`)) continue
    const group = type.group ?? t.content
    const entry = { to: `content/${pathOf(type)}`, label: word(t, type.singleton ? type.label : type.labels), icon: typeIcon(type) }
    sections.set(group, [...(sections.get(group) ?? []), entry])
  }
  return [...sections].map(([label, entries]) => ({ label, entries })).filter(s => s.entries.length > 0)
}
