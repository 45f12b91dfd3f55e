import { Alert, Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Fault } from '../api/session'
import { faultText } from '../parts/fault'
import { useTexts } from '../texts'
import { useSend } from './send'

interface Props { label: string; send: (email: string) => Promise<{ email: string } | Fault>; then: (email: string) => void }

/** Address asks for the address that something is mailed to. */
export function Address({ label, send, then }: Props) {
  const t = useTexts()
  const [email, setEmail] = useState('')
  const { fault, busy, submit, wrong } = useSend(() => send(email), done => then(done.email))
  return (
    <form onSubmit={submit}>
      <Stack>
        {fault && !wrong('email') && <Alert color="red" role="alert">{faultText(t, fault)}</Alert>}
        <TextInput label={t.email} type="email" autoComplete="username" required withAsterisk={false} autoFocus error={wrong('email')} value={email} onChange={e => setEmail(e.currentTarget.value)} />
        <Button type="submit" loading={busy} fullWidth>{label}</Button>
      </Stack>
    </form>
  )
}
