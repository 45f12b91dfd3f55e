import { Box, Button, Group, Modal, Radio, SimpleGrid, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Row } from '../api/documents'
import { isShown, type Field, type Type } from '../api/schema'
import { ReadValue } from '../parts/value'
import { formats, useTexts, word } from '../texts'
import { same, type Draft } from './draft'
import { Viewers } from './viewers'

interface Props { type: Type; draft: Draft; theirs: Row; close: () => void; settle: (takeTheirs: string[]) => void }

/** Conflict shows both versions field by field, when somebody else has saved meanwhile. */
export function Conflict({ type, draft, theirs, close, settle }: Props) {
  const t = useTexts()
  const dirty = draft.dirty()
  const saved = theirs.updatedAt as string | undefined
  const changed = type.fields.filter(f => isShown(f) && !['version', 'updatedAt'].includes(f.name) && !same(theirs[f.name], draft.base[f.name]))
  const both = changed.filter(f => dirty.includes(f.name) && !same(draft.get(f.name), theirs[f.name]))
  const onlyTheirs = changed.filter(f => !both.includes(f))
  const [take, setTake] = useState<Record<string, boolean>>({})
  return (
    <Modal opened onClose={close} title={t.conflict} size="xl">
      <Stack>
        <div>
          <Text size="sm" c="dimmed">{saved && `${t.savedAt(formats.time(saved))} `}{t.conflictHint}</Text>
          <Viewers id={theirs.id} />
        </div>
        {both.map(f => (
          <Radio.Group key={f.name} label={word(t, f.label)} value={take[f.name] ? 'theirs' : 'mine'} onChange={v => setTake({ ...take, [f.name]: v === 'theirs' })}>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" mt={6}>
              <Side of="mine" label={t.yours} field={f} value={draft.get(f.name)} />
              <Side of="theirs" label={t.theirs} field={f} value={theirs[f.name]} />
            </SimpleGrid>
          </Radio.Group>
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

function Side({ of, label, field, value }: { of: string; label: string; field: Field; value: unknown }) {
  return (
    <Radio.Card value={of} p="sm" className="side">
      <Group wrap="nowrap" align="flex-start" gap="sm">
        <Radio.Indicator size="xs" mt={2} />
        <Box miw={0} flex={1} mah={180} style={{ overflowY: 'auto' }}>
          <Text size="xs" c="dimmed">{label}</Text>
          <ReadValue field={field} value={value} />
        </Box>
      </Group>
    </Radio.Card>
  )
}
