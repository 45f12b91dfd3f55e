import { Button, Group, NativeSelect, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { ask } from '../api/client'
import { countDocument } from '../api/documents'
import type { Type } from '../api/schema'
import { isFault, showFault } from '../parts/fault'
import { useTexts } from '../texts'
import { sizes, type View } from './view'

interface Props {
  type: Type; view: View; where: object | undefined; shown: number
  page: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null } | undefined
  change: (change: Partial<View>) => void
}

/** Pager goes from page to page by cursors. It counts only when somebody asks: that is dear. */
export function Pager({ type, view, where, shown, page, change }: Props) {
  const t = useTexts()
  const [total, setTotal] = useState<number>()
  const counted = JSON.stringify([where, view.search])
  useEffect(() => setTotal(undefined), [counted])
  const before = view.before ? page?.hasPreviousPage : Boolean(view.after)
  const after = view.before ? true : page?.hasNextPage
  const known = !before && !after ? shown : total
  const count = () => ask<{ list: { totalCount: number } }>(countDocument(type), { where, search: view.search || undefined })
    .then(({ list }) => setTotal(list.totalCount)).catch(f => { if (isFault(f)) showFault(t, f) })
  return (
    <Group p="sm" justify="space-between" gap="xs">
      <Group gap="xs">
        <NativeSelect size="xs" aria-label={t.pageSize} value={view.size} data={sizes.map(String)} onChange={e => change({ size: Number(e.currentTarget.value), after: undefined, before: undefined })} />
        <Text size="sm" c="dimmed" aria-live="polite">{known === undefined ? t.shown(shown) : t.total(known)}</Text>
        {known === undefined && page && <Button size="compact-xs" variant="subtle" onClick={count}>{t.count}</Button>}
      </Group>
      <Group gap="xs">
        <Button size="xs" variant="default" leftSection={<IconChevronLeft size={14} />} disabled={!before} onClick={() => change({ before: page?.startCursor ?? undefined, after: undefined })}>{t.previous}</Button>
        <Button size="xs" variant="default" rightSection={<IconChevronRight size={14} />} disabled={!after} onClick={() => change({ after: page?.endCursor ?? undefined, before: undefined })}>{t.next}</Button>
      </Group>
    </Group>
  )
}
