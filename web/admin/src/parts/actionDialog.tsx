import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Action } from '../api/schema'
import { hint, useTexts, word } from '../texts'
import { Scalar } from './scalar'

/** ActionDialog asks for what an action takes beside the record, such as when to publish. */
export function ActionDialog({ action, run, close }: { action: Action; run: (input: object) => void; close: () => void }) {
  const t = useTexts()
  const [values, setValues] = useState<Record<string, unknown>>({})
  const label = word(t, action.label)
  return (
    <Modal opened onClose={close} title={label}>
      <form onSubmit={e => { e.preventDefault(); e.stopPropagation(); run(values) }}>
        <Stack>
          {action.description && <Text size="sm" c="dimmed">{hint(t, action.description)}</Text>}
          {action.fields.map(f => <Scalar key={f.name} field={f} value={values[f.input!] ?? null} onChange={v => setValues({ ...values, [f.input!]: v })}
            around={{ label: word(t, f.label), description: hint(t, f.description), required: f.required }} />)}
          <Group justify="flex-end"><Button variant="default" onClick={close}>{t.cancel}</Button><Button type="submit">{label}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}
