import { ActionIcon, Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconFingerprint, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { change } from '../api/client'
import { addPasskey, canPasskeys } from '../api/passkey'
import type { Fault } from '../api/session'
import { useAnswer } from '../api/useAnswer'
import { modals } from '../parts/ask'
import { faultText, showDone, showFault } from '../parts/fault'
import { useSend } from '../session/send'
import { formats, useTexts } from '../texts'

interface Passkey { id: string; name: string; createdAt: string; lastUsedAt: string | null }

/** Passkeys shows those of whoever is signed in, adds one, and removes them. */
export function Passkeys() {
  const t = useTexts()
  const { data, again } = useAnswer<{ viewer: { passkeys: Passkey[] | null } | null }>('query Passkeys { viewer { id passkeys { id name createdAt lastUsedAt } } }')
  const remove = async (passkey: Passkey) => {
    if (!(await modals.ask({ title: t.removePasskey(passkey.name), text: t.removePasskeyHint, yes: t.remove, danger: true }))) return
    const { faults } = await change('mutation RemovePasskey($input: RemovePasskeyInput!) { removePasskey(input: $input) { removedPasskeyId } }', { input: { id: passkey.id } })
    if (faults[0]) showFault(t, faults[0])
    else again()
  }
  return (
    <Stack gap="sm">
      {data?.viewer?.passkeys?.map(passkey => (
        <Group key={passkey.id} justify="space-between" wrap="nowrap">
          <div>
            <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>{passkey.name}</Text>
            <Text size="xs" c="dimmed">{passkey.lastUsedAt ? t.lastUsed(formats.time(passkey.lastUsedAt)) : t.addedAt(formats.time(passkey.createdAt))}</Text>
          </div>
          <ActionIcon aria-label={t.removePasskey(passkey.name)} onClick={() => remove(passkey)}><IconTrash size={16} /></ActionIcon>
        </Group>
      ))}
      {canPasskeys() ? <Adding added={again} /> : <Text size="sm" c="dimmed">{t.noPasskeysHere}</Text>}
    </Stack>
  )
}

function Adding({ added }: { added: () => void }) {
  const t = useTexts()
  const [name, setName] = useState('')
  const { fault, busy, submit, wrong } = useSend(async (): Promise<object | Fault> => (await addPasskey(name)) ?? {}, () => {
    setName('')
    showDone(t.done)
    added()
  })
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {fault && !wrong('name') && <Alert color="red" role="alert">{fault.extensions?.fields?.[0]?.message ?? faultText(t, fault)}</Alert>}
        <TextInput label={t.passkeyName} placeholder={t.passkeyNameHint} required withAsterisk={false} maxLength={100} error={wrong('name')} value={name} onChange={e => setName(e.currentTarget.value)} />
        <Group><Button type="submit" variant="default" leftSection={<IconFingerprint size={16} />} loading={busy}>{t.addPasskey}</Button></Group>
      </Stack>
    </form>
  )
}
