import { Box, Group, Paper, Skeleton, Stack } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { MouseEvent } from 'react'
import { titleOf, type Row } from '../api/documents'
import { isFile, pathOf, type Field, type Type } from '../api/schema'
import { useSite } from '../context'
import { Link } from '../parts/link'
import { UsesLine } from '../parts/uses'
import { Value } from '../parts/value'
import { go } from '../router'
import { useTexts, word } from '../texts'
import type { View } from './view'

interface Props {
  type: Type
  columns: Field[]
  rows: Row[] | undefined // undefined while they come
  view: View
  narrow: boolean
  selected: Set<string> | undefined // undefined where nothing can be done with many
  select: (ids: Set<string>) => void
  sort: (field: string) => void
}

const isNumber = (f: Field) => ['INT', 'INT64', 'FLOAT', 'DECIMAL'].includes(f.kind) && !f.list

/** useArranged puts pictures first, for they are found fastest. */
function useArranged(columns: Field[]) {
  const { schema } = useSite()
  const picture = (f: Field) => f.kind === 'REFERENCE' && !f.list && isFile(schema.type(f.of))
  return { pictures: columns.filter(picture), others: columns.filter(f => !picture(f)), isPicture: picture }
}

/** open follows a click anywhere in a row, unless it was on something of its own. */
function open(event: MouseEvent, to: string) {
  if ((event.target as Element).closest('a, button, input, label') || getSelection()?.toString()) return
  void go(to)
}

export function Rows(props: Props) {
  return props.narrow ? <Cards {...props} /> : <Wide {...props} />
}

// What stands in every row is plain HTML: there components cost more than all else on the screen.
function Wide({ type, columns, rows, view, selected, select, sort }: Props) {
  const t = useTexts()
  const { pictures, others, isPicture } = useArranged(columns)
  const all = [...pictures, ...others]
  const sorted = view.sort ?? { field: type.defaultOrder ?? '', direction: type.defaultDirection }
  const allSelected = Boolean(rows?.length) && rows!.every(r => selected?.has(r.id))
  const isTitle = (f: Field) => f.name === type.title
  const shape = (f: Field) => (isNumber(f) ? 'number' : isTitle(f) ? 'main' : undefined)
  return (
    <div className="scrolled">
      <table className="rows" style={{ minWidth: Math.min(280 + all.length * 110, 1000) }}>
        <thead>
          <tr>
            {selected && <th style={{ width: 44 }}><Check label={t.selectAll} checked={allSelected} some={selected.size > 0} toggle={() => select(allSelected ? new Set() : new Set(rows?.map(r => r.id)))} /></th>}
            {all.map(f => {
              const sortable = type.orders.some(o => o.field === f.name)
              const on = sorted.field === f.name && !(view.search && !view.sort)
              const Arrow = sorted.direction === 'DESC' ? IconArrowDown : IconArrowUp
              const label = <span className={isPicture(f) ? 'hidden' : on ? undefined : 'dimmed'}>{word(t, f.label)}</span>
              return (
                <th key={f.name} className={shape(f)} style={{ width: isPicture(f) ? 56 : undefined }} aria-sort={on ? (sorted.direction === 'DESC' ? 'descending' : 'ascending') : undefined}>
                  {sortable ? <button type="button" className="sort" onClick={() => sort(f.name)} title={t.sortBy(word(t, f.label))}>{label}{on && <Arrow size={13} aria-hidden />}</button> : label}
                </th>
              )
            })}
            {type.uses && <th><span className="dimmed">{t.usedIn}</span></th>}
          </tr>
        </thead>
        <tbody>
          {rows === undefined && Array.from({ length: 10 }, (_, i) => (
            <tr key={i}>{selected && <td><Bone /></td>}{all.map(f => <td key={f.name}><Bone width={isPicture(f) ? 30 : isTitle(f) ? '85%' : '60%'} height={isPicture(f) ? 30 : 14} /></td>)}{type.uses && <td />}</tr>
          ))}
          {rows?.map(row => {
            const to = `content/${pathOf(type)}/${row.id}`
            const title = titleOf(row, t.untitled)
            return (
              <tr key={row.id} data-row onClick={e => open(e, to)} className={selected?.has(row.id) ? 'selected' : undefined}>
                {selected && <td><CheckRow row={row} title={title} selected={selected} select={select} /></td>}
                {all.map((f, i) => (
                  <td key={f.name} className={shape(f)}>
                    {isTitle(f) || (type.title === null && i === 0)
                      ? <Title to={to}>{isTitle(f) ? title : <Value field={f} value={row[f.name]} />}</Title>
                      : <Value field={f} value={row[f.name]} />}
                  </td>
                ))}
                {row._uses && <td style={{ maxWidth: 220 }}><UsesLine uses={row._uses} /></td>}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** Bone stands for what comes. */
function Bone({ width = 16, height = 16 }: { width?: number | string; height?: number }) {
  return <span className="bone" style={{ width, height }} />
}

function Title({ to, children }: { to: string; children: React.ReactNode }) {
  return <Link to={to} className="title"><span className="clamped two">{children}</span></Link>
}

function Check({ label, checked, some = false, toggle }: { label: string; checked: boolean; some?: boolean; toggle: () => void }) {
  return <input type="checkbox" className="check" aria-label={label} checked={checked} ref={el => { if (el) el.indeterminate = some && !checked }} onChange={toggle} />
}

/** CheckRow takes a record into what is selected, or out of it. */
export function CheckRow({ row, title, selected, select }: { row: Row; title: string; selected: Set<string>; select: Props['select'] }) {
  const t = useTexts()
  const toggle = () => {
    const next = new Set(selected)
    if (!next.delete(row.id)) next.add(row.id)
    select(next)
  }
  return <Check label={t.selectOne(title)} checked={selected.has(row.id)} toggle={toggle} />
}

/** Cards are the rows of a narrow screen: the title, and below it what else there is. */
function Cards({ type, columns, rows, selected, select }: Props) {
  const t = useTexts()
  const { pictures, others } = useArranged(columns)
  const below = others.filter(f => f.name !== type.title)
  if (!rows) return <Stack p="sm">{Array.from({ length: 8 }, (_, i) => <Skeleton key={i} h={56} />)}</Stack>
  return (
    <Stack gap={0} component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
      {rows.map(row => {
        const to = `content/${pathOf(type)}/${row.id}`
        const title = titleOf(row, t.untitled)
        return (
          <Paper key={row.id} component="li" radius={0} px="sm" py={10} withBorder={false} className="card" onClick={e => open(e, to)}>
            <Group wrap="nowrap" align="flex-start" gap="sm">
              {selected && <Box pt={2}><CheckRow row={row} title={title} selected={selected} select={select} /></Box>}
              <Stack gap={6} miw={0} flex={1}>
                <Title to={to}>{title}</Title>
                <Group gap="xs">{below.filter(f => row[f.name] !== null).slice(0, 3).map(f => <Value key={f.name} field={f} value={row[f.name]} />)}</Group>
                {row._uses && <UsesLine uses={row._uses} />}
              </Stack>
              {pictures.slice(0, 1).map(f => <Value key={f.name} field={f} value={row[f.name]} />)}
            </Group>
          </Paper>
        )
      })}
    </Stack>
  )
}
