import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { titleOf, type Row } from '../api/documents'
import type { Action } from '../api/schema'
import { useSite } from '../context'
import { inputOf } from '../record/input'
import { formats, hint, useTexts, word } from '../texts'
import { Scalar } from './scalar'

/** ActionDialog asks for what an action takes beside its records, such as when to publish. */
export function ActionDialog({ action, rows, run, close }: { action: Action; rows: Row[]; run: (input: object) => void; close: () => void }) {
  const t = useTexts()
  const { schema } = useSite()
  const [values, setValues] = useState<Record<string, unknown>>(() => Object.fromEntries(action.fields.flatMap(f => {
    const value = rows.length === 1 && f.start ? rows[0][f.start] : undefined
    return value === undefined || value === null ? [] : [[f.input, inputOf(schema, f, value)]]
  })))
  const label = word(t, action.label)
  return (
    <Modal opened onClose={close} title={rows.length > 1 ? `${label} · ${t.selected(rows.length)}` : label}>
      <form onSubmit={e => { e.preventDefault(); e.stopPropagation(); run(values) }}>
        <Stack>
          <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>{formats.titles(t, rows.map(row => titleOf(row, t.untitled)))}</Text>
          {action.description && <Text size="sm" c="dimmed">{hint(t, action.description)}</Text>}
          {action.fields.map((f, i) => <Scalar key={f.name} field={f} value={values[f.input!] ?? null} onChange={v => setValues({ ...values, [f.input!]: v })}
            around={{ label: word(t, f.label), description: hint(t, f.description), required: f.required, 'data-autofocus': i === 0 }} />)}
          <Group justify="flex-end"><Button variant="default" onClick={close}>{t.cancel}</Button><Button type="submit">{label}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}
