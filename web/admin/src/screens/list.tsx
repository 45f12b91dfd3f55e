import { Button, CloseButton, Group, Paper, SegmentedControl, Stack, TextInput, Title } from '@mantine/core'
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks'
import { IconPlus, IconRefresh, IconSearch, IconSearchOff } from '@tabler/icons-react'
import { lazy, useEffect, useState } from 'react'
import { useChanges } from '../api/changes'
import { actionsOf, isAccount, isFile, pathOf, type Type } from '../api/schema'
import { useSite } from '../context'
import { keep } from '../kept'
import { BulkBar } from '../list/bulkBar'
import { Filters } from '../list/filters'
import { Columns, More, Views } from '../list/menus'
import { FileGrid } from '../list/grid'
import { Pager } from '../list/pager'
import { Rows } from '../list/table'
import { UploadArea } from '../list/uploads'
import { useList } from '../list/useList'
import { isNarrowed, readView, whereOf, writeView, type View } from '../list/view'
import { Failed } from '../parts/failed'
import { typeIcon } from '../parts/icons'
import { Link } from '../parts/link'
import { Notice } from '../parts/notice'
import { go, usePlace } from '../router'
import { useTexts, word } from '../texts'

const RecordScreen = lazy(() => import('./record'))

/** ListScreen is the list of a type, or its one record. */
export function ListScreen({ type: path }: Record<string, string>) {
  const t = useTexts()
  const type = useSite().schema.at(path)
  if (!type || type.read === 'NONE') return <Notice title={t.notFound} text={t.notFoundHint} />
  return type.singleton ? <RecordScreen type={path} id="" /> : <TypeList type={type} />
}

function TypeList({ type }: { type: Type }) {
  const t = useTexts()
  const { viewer } = useSite()
  const { params } = usePlace()
  const narrow = useMediaQuery('(max-width: 48em)') ?? false
  const view = readView(type, params)
  const list = useList(type, view)
  const where = whereOf(type, view, viewer.id)
  const [changes, clearChanges] = useChanges(type, where)
  const [selected, select] = useState(new Set<string>())
  const path = `content/${pathOf(type)}`
  const labels = word(t, type.labels)
  const Icon = typeIcon(type)

  const change = (part: Partial<View>) => {
    if (part.columns) keep(`columns.${type.name}`, part.columns)
    if (part.size) keep('size', part.size)
    const turns = 'after' in part || 'before' in part || 'columns' in part || 'table' in part
    void go(path + writeView(type, { ...view, ...(turns ? {} : { after: undefined, before: undefined }), ...part }), { replace: 'search' in part, stay: true })
  }
  const refresh = () => { clearChanges(); list.refetch() }
  const sort = (name: string) => {
    const now = view.sort ?? { field: type.defaultOrder, direction: type.defaultDirection }
    change({ sort: { field: name, direction: now.field === name && now.direction === 'DESC' ? 'ASC' : 'DESC' } })
  }
  const acts = type.deleteMutation || actionsOf(type).length > 0
  const rows = list.rows
  useEffect(() => { // a page backwards that is not full is the first one
    if (view.before && rows && rows.length < view.size && !list.fetching) change({ before: undefined })
  }, [view.before, rows, list.fetching])

  return (
    <Stack gap="md">
      <Group justify="space-between" wrap="nowrap">
        <Title order={1}>{labels}</Title>
        {type.createMutation && type.create !== 'NONE' && (
          <Button renderRoot={props => <Link to={`${path}/new`} {...props} />} leftSection={<IconPlus size={17} />}>{t.newOne(word(t, type.label))}</Button>
        )}
      </Group>
      {type.upload && <UploadArea type={type} done={refresh} />}
      <Group gap="xs" align="flex-start">
        {type.search && <Search label={t.searchIn(labels)} value={view.search} onChange={search => change({ search })} />}
        {type.owner && !isAccount(type) && (
          <SegmentedControl size="sm" value={view.mine ? 'mine' : 'all'} onChange={v => change({ mine: v === 'mine' })} data={[{ value: 'all', label: t.all }, { value: 'mine', label: t.mine }]} />
        )}
        <Filters type={type} conditions={view.conditions} names={list.names} onChange={conditions => change({ conditions })} />
        <Group gap={6} ml="auto" wrap="nowrap">
          {isFile(type) && (
            <SegmentedControl size="sm" aria-label={t.arrangement} value={view.table ? 'table' : 'grid'} onChange={v => change({ table: v === 'table' })}
              data={[{ value: 'grid', label: t.grid }, { value: 'table', label: t.table }]} />
          )}
          <Columns type={type} view={view} choose={columns => change({ columns })} />
          <Views type={type} path={path} address={writeView(type, view)} />
          <More type={type} view={view} columns={list.columns} />
        </Group>
      </Group>
      <Paper style={{ overflow: 'hidden' }}>
        {changes.size > 0 && (
          <Group justify="center" gap="xs" py={6} bg="var(--mantine-primary-color-light)" role="status">
            <Button size="compact-sm" variant="subtle" leftSection={<IconRefresh size={14} />} onClick={refresh}>{t.changes(changes.size)} – {t.show}</Button>
          </Group>
        )}
        {list.fault
          ? <Failed fault={list.fault} again={refresh} />
          : rows?.length === 0
            ? isNarrowed(view)
              ? <Notice icon={<IconSearchOff size={26} stroke={1.6} />} title={t.noMatch} text={t.noMatchHint}><Button variant="default" onClick={() => change({ search: '', conditions: [] })}>{t.clearFilters}</Button></Notice>
              : <Notice icon={<Icon size={26} stroke={1.6} />} title={view.mine ? t.noMine : t.emptyList(labels)} text={type.createMutation ? t.emptyListHint : t.emptyListReader}>
                {type.createMutation && <Button renderRoot={props => <Link to={`${path}/new`} {...props} />} leftSection={<IconPlus size={17} />}>{t.newOne(word(t, type.label))}</Button>}
              </Notice>
            : <>
              {isFile(type) && !view.table
                ? <FileGrid type={type} rows={rows} selected={selected} select={select} />
                : <Rows type={type} columns={list.columns} rows={rows} view={view} narrow={narrow} selected={acts ? selected : undefined} select={select} sort={sort} />}
              <Pager type={type} view={view} where={where} shown={rows?.length ?? 0} page={list.page} change={change} />
            </>}
      </Paper>
      {acts && <BulkBar type={type} rows={(rows ?? []).filter(r => selected.has(r.id))} select={select} done={refresh} />}
    </Stack>
  )
}

/** Search asks when the reader pauses. */
function Search({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  const t = useTexts()
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (value !== known) { setKnown(value); setText(value) }
  const later = useDebouncedCallback((next: string) => { setKnown(next); onChange(next) }, 300)
  const set = (next: string) => { setText(next); later(next) }
  return <TextInput flex={{ base: '1 1 100%', sm: '0 1 300px' }} type="search" aria-label={label} placeholder={label} maxLength={200} leftSection={<IconSearch size={16} />} value={text}
    onChange={e => set(e.currentTarget.value)} rightSection={text && <CloseButton size="sm" aria-label={t.remove} onClick={() => set('')} />} />
}
