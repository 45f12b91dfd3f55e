import { Alert, Button, Group, List, Menu, Paper, Progress, Text } from '@mantine/core'
import { askDelete } from '../parts/askDelete'
import { IconChevronDown, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { applies } from '../api/applies'
import { titleOf, type Row } from '../api/documents'
import { actionsOf, type Action, type Type } from '../api/schema'
import { useSite } from '../context'
import { ActionDialog } from '../parts/actionDialog'
import { faultText, showDone } from '../parts/fault'
import { useTexts, word } from '../texts'
import { useBulk } from './bulk'

/** BulkBar does one thing to all selected records; those that fail stay selected. */
export function BulkBar({ type, rows, select, done }: { type: Type; rows: Row[]; select: (ids: Set<string>) => void; done: () => void }) {
  const t = useTexts()
  const { schema } = useSite()
  const { progress, run, close } = useBulk()
  const concerned = (action: Action) => rows.filter(row => applies(type, action, row))
  const actions = actionsOf(type).filter(a => a.tells.length === 0 && concerned(a).length > 0) // what is told once is told of one
  const [asked, ask] = useState<Action>()
  const start = async (mutation: string, rows: Row[], input: object = {}) => {
    const failures = await run(mutation, rows, input)
    select(new Set(failures.map(f => f.row.id)))
    if (failures.length === 0) showDone(t.bulkDone(rows.length))
    done()
  }
  const remove = async () => {
    if (await askDelete(t, schema, type, rows)) await start(type.deleteMutation!, rows)
  }
  if (rows.length === 0 && !progress?.failures.length) return null
  return (
    <Paper p="xs" pl="md" shadow="md" className="bulk" role="region" aria-label={t.selected(rows.length)}>
      <Group justify="space-between">
        <Group gap="xs">
          <Text size="sm" fw={600} aria-live="polite">{t.selected(rows.length)}</Text>
          <Button size="compact-sm" variant="subtle" onClick={() => { select(new Set()); close() }}>{t.unselect}</Button>
        </Group>
        {progress?.running
          ? <Group gap="xs"><Progress w={140} value={(100 * progress.done) / progress.all} aria-label={t.loading} /><Text size="sm">{t.bulkRunning(progress.done, progress.all)}</Text></Group>
          : rows.length > 0 && (
            <Group gap="xs">
              {actions.length > 0 && (
                <Menu>
                  <Menu.Target><Button size="xs" variant="default" rightSection={<IconChevronDown size={14} />}>{t.actions}</Button></Menu.Target>
                  <Menu.Dropdown>{actions.map(a => <Menu.Item key={a.name} onClick={() => (a.fields.length > 0 ? ask(a) : start(a.name, concerned(a)))}>{word(t, a.label)}</Menu.Item>)}</Menu.Dropdown>
                </Menu>
              )}
              {type.deleteMutation && <Button size="xs" color="red" leftSection={<IconTrash size={14} />} onClick={remove}>{t.deleteSelected}</Button>}
            </Group>
          )}
      </Group>
      {!progress?.running && progress?.failures.length ? (
        <Alert mt="xs" color="red" title={`${t.bulkFailed(progress.failures.length)} · ${t.bulkDone(progress.all - progress.failures.length)}`} withCloseButton onClose={close} closeButtonLabel={t.close}>
          <List size="sm">{progress.failures.map(({ row, fault }) => <List.Item key={row.id}><b>{titleOf(row, t.untitled)}</b>: {faultText(t, fault)}</List.Item>)}</List>
        </Alert>
      ) : null}
      {asked && <ActionDialog action={asked} rows={concerned(asked)} close={() => ask(undefined)} run={input => { ask(undefined); void start(asked.name, concerned(asked), input) }} />}
    </Paper>
  )
}
