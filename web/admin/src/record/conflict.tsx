import { Button, Group, Modal, ScrollArea, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Row } from '../api/documents'
import { isShown, type Field, type Type } from '../api/schema'
import { Value } from '../parts/value'
import { useTexts, word } from '../texts'
import { same, type Draft } from './draft'

interface Props { type: Type; draft: Draft; theirs: Row; close: () => void; settle: (takeTheirs: string[]) => void }

/** Conflict shows both versions field by field, when somebody else has saved meanwhile. */
export function Conflict({ type, draft, theirs, close, settle }: Props) {
  const t = useTexts()
  const dirty = draft.dirty()
  const changed = type.fields.filter(f => isShown(f) && !['version', 'updatedAt'].includes(f.name) && !same(theirs[f.name], draft.base[f.name]))
  const both = changed.filter(f => dirty.includes(f.name) && !same(draft.get(f.name), theirs[f.name]))
  const onlyTheirs = changed.filter(f => !both.includes(f))
  const [take, setTake] = useState<Record<string, boolean>>({})
  return (
    <Modal opened onClose={close} title={t.conflict} size="xl" closeButtonProps={{ 'aria-label': t.close }}>
      <Stack>
        <Text size="sm" c="dimmed">{t.conflictHint}</Text>
        {both.map(f => (
          <Stack key={f.name} gap={6}>
            <Group justify="space-between">
              <Text fw={600}>{word(t, f.label)}</Text>
              <SegmentedControl size="xs" aria-label={word(t, f.label)} value={take[f.name] ? 'theirs' : 'mine'} onChange={v => setTake({ ...take, [f.name]: v === 'theirs' })}
                data={[{ value: 'mine', label: t.yours }, { value: 'theirs', label: t.theirs }]} />
            </Group>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Side field={f} label={t.yours} value={draft.get(f.name)} on={!take[f.name]} />
              <Side field={f} label={t.theirs} value={theirs[f.name]} on={Boolean(take[f.name])} />
            </SimpleGrid>
          </Stack>
        ))}
        {onlyTheirs.length > 0 && <Text size="sm" c="dimmed">{t.takenOver}: {onlyTheirs.map(f => word(t, f.label)).join(', ')}</Text>}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>{t.cancel}</Button>
          <Button onClick={() => settle(both.filter(f => take[f.name]).map(f => f.name))}>{t.saveThis}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function Side({ field, label, value, on }: { field: Field; label: string; value: unknown; on: boolean }) {
  return (
    <ScrollArea.Autosize mah={180} p="xs" style={{ border: `1px solid ${on ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-default-border)'}`, borderRadius: 'var(--mantine-radius-md)' }}>
      <Text size="xs" c="dimmed">{label}</Text>
      {field.kind === 'STRING' && !field.list ? <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{String(value ?? '')}</Text> : <Value field={field} value={value} />}
    </ScrollArea.Autosize>
  )
}
