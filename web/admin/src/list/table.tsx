import { Box, Checkbox, Group, Paper, Skeleton, Stack, Table, Text, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { MouseEvent } from 'react'
import type { Row } from '../api/documents'
import { isFile, pathOf, type Field, type Type } from '../api/schema'
import { useSite } from '../context'
import { Link } from '../parts/link'
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

export const titleOf = (row: Row, untitled: string) => row._title || untitled

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

function Wide({ type, columns, rows, view, selected, select, sort }: Props) {
  const t = useTexts()
  const { pictures, others, isPicture } = useArranged(columns)
  const all = [...pictures, ...others]
  const sorted = view.sort ?? { field: type.defaultOrder ?? '', direction: type.defaultDirection }
  const allSelected = Boolean(rows?.length) && rows!.every(r => selected?.has(r.id))
  return (
    <Table.ScrollContainer minWidth={Math.min(280 + all.length * 110, 1000)} type="native">
      <Table highlightOnHover className="rows" verticalSpacing={8}>
        <Table.Thead>
          <Table.Tr>
            {selected && <Table.Th w={44}><Checkbox size="xs" aria-label={t.selectAll} checked={allSelected} indeterminate={!allSelected && selected.size > 0}
              onChange={() => select(allSelected ? new Set() : new Set(rows?.map(r => r.id)))} /></Table.Th>}
            {all.map(f => {
              const sortable = type.orders.some(o => o.field === f.name)
              const on = sorted.field === f.name && !(view.search && !view.sort)
              const Arrow = sorted.direction === 'DESC' ? IconArrowDown : IconArrowUp
              const label = <Text span size="xs" fw={600} c={on ? undefined : 'dimmed'}>{isPicture(f) ? <span className="hidden">{word(t, f.label)}</span> : word(t, f.label)}</Text>
              return (
                <Table.Th key={f.name} ta={isNumber(f) ? 'right' : undefined} w={isPicture(f) ? 56 : f.name === type.title ? '45%' : undefined} style={{ whiteSpace: 'nowrap' }} aria-sort={on ? (sorted.direction === 'DESC' ? 'descending' : 'ascending') : undefined}>
                  {sortable
                    ? <UnstyledButton onClick={() => sort(f.name)} title={t.sortBy(word(t, f.label))}><Group gap={4} wrap="nowrap" display="inline-flex">{label}{on && <Arrow size={13} aria-hidden />}</Group></UnstyledButton>
                    : label}
                </Table.Th>
              )
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows === undefined && Array.from({ length: 10 }, (_, i) => (
            <Table.Tr key={i}>{selected && <Table.Td><Skeleton h={16} w={16} /></Table.Td>}{all.map(f => <Table.Td key={f.name} h={46}><Skeleton h={isPicture(f) ? 30 : 14} w={isPicture(f) ? 30 : f.name === type.title ? '85%' : '60%'} /></Table.Td>)}</Table.Tr>
          ))}
          {rows?.map(row => {
            const to = `content/${pathOf(type)}/${row.id}`
            const title = titleOf(row, t.untitled)
            return (
              <Table.Tr key={row.id} data-row onClick={e => open(e, to)} bg={selected?.has(row.id) ? 'var(--mantine-primary-color-light)' : undefined}>
                {selected && <Table.Td><Check row={row} title={title} selected={selected} select={select} /></Table.Td>}
                {all.map((f, i) => (
                  <Table.Td key={f.name} ta={isNumber(f) ? 'right' : undefined} h={46}>
                    {f.name === type.title || (type.title === null && i === 0)
                      ? <Title to={to}>{f.name === type.title ? title : <Value field={f} value={row[f.name]} />}</Title>
                      : <Value field={f} value={row[f.name]} />}
                  </Table.Td>
                ))}
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function Title({ to, children }: { to: string; children: React.ReactNode }) {
  return <Link to={to} className="title"><Text span size="sm" fw={600} lineClamp={1}>{children}</Text></Link>
}

/** Check takes a record into what is selected, or out of it. */
export function Check({ row, title, selected, select, size = 'xs' }: { row: Row; title: string; selected: Set<string>; select: Props['select']; size?: 'xs' | 'sm' }) {
  const t = useTexts()
  const toggle = () => {
    const next = new Set(selected)
    if (!next.delete(row.id)) next.add(row.id)
    select(next)
  }
  return <Checkbox size={size} aria-label={t.selectOne(title)} checked={selected.has(row.id)} onChange={toggle} />
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
              {selected && <Box pt={2}><Check row={row} title={title} selected={selected} select={select} /></Box>}
              <Stack gap={6} miw={0} flex={1}>
                <Title to={to}>{title}</Title>
                <Group gap="xs">{below.filter(f => row[f.name] !== null).slice(0, 3).map(f => <Value key={f.name} field={f} value={row[f.name]} />)}</Group>
              </Stack>
              {pictures.slice(0, 1).map(f => <Value key={f.name} field={f} value={row[f.name]} />)}
            </Group>
          </Paper>
        )
      })}
    </Stack>
  )
}
