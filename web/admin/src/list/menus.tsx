import { ActionIcon, Button, Checkbox, Group, Menu, Popover, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconBookmark, IconColumns, IconDots, IconDownload, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { isShown, type Field, type Type } from '../api/schema'
import { useSite } from '../context'
import { keep, recall } from '../kept'
import { isFault, showFault } from '../parts/fault'
import { go } from '../router'
import { useTexts, word } from '../texts'
import { collect, download, everyField, mostRows, toCsv, toJson } from './export'
import type { View } from './view'

export function Columns({ type, view, choose }: { type: Type; view: View; choose: (columns: string[]) => void }) {
  const t = useTexts()
  const toggle = (f: Field) => choose(view.columns.includes(f.name) ? view.columns.filter(c => c !== f.name) : [...view.columns, f.name])
  return (
    <Popover position="bottom-end" shadow="md" width={240} trapFocus returnFocus>
      <Popover.Target><ActionIcon variant="default" size={36} aria-label={t.columns} title={t.columns}><IconColumns size={17} /></ActionIcon></Popover.Target>
      <Popover.Dropdown>
        <Stack gap={8} mah={360} style={{ overflowY: 'auto' }} role="group" aria-label={t.columns}>
          {type.fields.filter(f => isShown(f) && f.name !== 'version').map(f => (
            <Checkbox key={f.name} size="xs" label={word(t, f.label)} checked={view.columns.includes(f.name)} disabled={view.columns.length === 1 && view.columns.includes(f.name)} onChange={() => toggle(f)} />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

/** Views are addresses of this list that the reader gave a name. */
export function Views({ type, path, address }: { type: Type; path: string; address: string }) {
  const t = useTexts()
  const [views, setViews] = useState(() => recall<Record<string, string>>(`views.${type.name}`) ?? {})
  const [name, setName] = useState('')
  const put = (next: Record<string, string>) => { setViews(next); keep(`views.${type.name}`, next) }
  const without = (gone: string) => Object.fromEntries(Object.entries(views).filter(([n]) => n !== gone))
  return (
    <Popover position="bottom-end" shadow="md" width={280} trapFocus returnFocus>
      <Popover.Target><ActionIcon variant="default" size={36} aria-label={t.views} title={t.views}><IconBookmark size={17} /></ActionIcon></Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {Object.entries(views).map(([n, to]) => (
            <Group key={n} wrap="nowrap" gap={4}>
              <Button flex={1} justify="start" variant={to === address ? 'light' : 'subtle'} size="xs" onClick={() => go(path + to)}>{n}</Button>
              <ActionIcon aria-label={`${t.remove}: ${n}`} onClick={() => put(without(n))}><IconTrash size={15} /></ActionIcon>
            </Group>
          ))}
          {Object.keys(views).length === 0 && <Text size="sm" c="dimmed">{t.noViews}</Text>}
          <form onSubmit={e => { e.preventDefault(); if (name.trim()) { put({ ...views, [name.trim()]: address }); setName('') } }}>
            <Group wrap="nowrap" gap="xs"><TextInput size="xs" flex={1} aria-label={t.viewName} placeholder={t.viewName} maxLength={60} value={name} onChange={e => setName(e.currentTarget.value)} /><Button size="xs" type="submit" disabled={!name.trim()}>{t.save}</Button></Group>
          </form>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

export function More({ type, view, columns }: { type: Type; view: View; columns: Field[] }) {
  const t = useTexts()
  const { schema, viewer } = useSite()
  const [busy, setBusy] = useState(false)
  async function run(kind: 'csv' | 'json') {
    setBusy(true)
    const id = notifications.show({ loading: true, autoClose: false, withCloseButton: false, message: t.exporting(0) })
    try {
      const fields = kind === 'csv' ? columns.filter(f => f.name !== 'id') : everyField(type)
      const { rows, cut } = await collect(schema, type, fields, view, viewer.id, n => notifications.update({ id, message: t.exporting(n) }))
      const file = `${type.list}-${new Date().toISOString().slice(0, 10)}.${kind}`
      if (kind === 'csv') download(file, 'text/csv;charset=utf-8', `\uFEFF${toCsv(fields, rows)}`) // the mark tells spreadsheets that it is UTF-8
      else download(file, 'application/json', toJson(rows))
      notifications.update({ id, loading: false, autoClose: cut ? false : 4000, withCloseButton: true, color: cut ? 'yellow' : 'teal', message: cut ? t.exportCut(mostRows) : t.exported(rows.length) })
    } catch (thrown) {
      notifications.hide(id)
      showFault(t, isFault(thrown) ? thrown : { message: String(thrown) })
    }
    setBusy(false)
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target><ActionIcon variant="default" size={36} aria-label={t.more} title={t.more} loading={busy}><IconDots size={17} /></ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconDownload size={15} />} onClick={() => run('csv')}>{t.exportCsv}</Menu.Item>
        <Menu.Item leftSection={<IconDownload size={15} />} onClick={() => run('json')}>{t.exportJson}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
