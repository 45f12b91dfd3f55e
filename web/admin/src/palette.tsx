import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { pathOf } from './api/schema'
import { useSite } from './context'
import { useNavigation } from './navigation'
import { go } from './router'
import { useTexts, word } from './texts'

/** Palette goes to every screen, begins a record of every type, and searches those that can be searched, by the keyboard. */
export function Palette() {
  const t = useTexts()
  const { schema } = useSite()
  const sections = useNavigation()
  const [query, setQuery] = useState('')
  const actions: SpotlightActionGroupData[] = sections.map(({ label, entries }) => ({
    group: label || t.menu,
    actions: entries.map(({ to, label, icon: Icon }) => ({ id: to, label, leftSection: <Icon size={18} stroke={1.7} />, onClick: () => void go(to) })),
  }))
  const fresh = schema.types.filter(type => type.createMutation && type.create !== 'NONE' && !type.hidden)
  if (fresh.length > 0) {
    actions.push({
      group: t.begin,
      actions: fresh.map(type => ({
        id: `new ${type.name}`, label: t.newOne(word(t, type.label)), leftSection: <IconPlus size={18} />, onClick: () => void go(`content/${pathOf(type)}/new`),
      })),
    })
  }
  const sought = query.trim()
  const searched = schema.types.filter(type => type.search && type.list && type.read !== 'NONE' && !type.hidden)
  if (sought && searched.length > 0) {
    actions.push({
      group: t.search,
      actions: searched.map(type => ({
        id: `search ${type.name}`, label: t.searchFor(word(t, type.labels), sought), leftSection: <IconSearch size={18} />,
        onClick: () => void go(`content/${pathOf(type)}?search=${encodeURIComponent(sought)}`),
      })),
    })
  }
  return <Spotlight query={query} onQueryChange={setQuery} shortcut="mod + K" actions={actions} highlightQuery limit={12} nothingFound={t.nothingFits}
    searchProps={{ leftSection: <IconSearch size={18} />, placeholder: t.goToHint, 'aria-label': t.goToHint }} />
}
