import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { Fault, Viewer } from '../api/session'
import { faultText, wrongAt } from '../parts/fault'
import { useTexts } from '../texts'

interface Props {
  send: (email: string, password: string) => Promise<Viewer | Fault>
  done: (viewer: Viewer) => void
  label: string
  email?: string | null // the account that is meant
  fresh?: boolean // the password is a new one
}

/** Credentials asks for email and password, and says who it was. */
export function Credentials({ send, done, label, email: fixed, fresh }: Props) {
  const t = useTexts()
  const [email, setEmail] = useState(fixed ?? '')
  const [password, setPassword] = useState('')
  const [fault, setFault] = useState<Fault>()
  const [busy, setBusy] = useState(false)
  const at = (path: string) => wrongAt(fault, path)
  const elsewhere = fault && !at('email') && !at('password')

  async function submit(event: FormEvent) {
    event.preventDefault()
    event.stopPropagation() // the form beneath a modal is none of ours
    setBusy(true)
    const result = await send(email, password).catch((): Fault => ({ message: '' }))
    setBusy(false)
    if ('id' in result) return done(result)
    setFault(result)
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        {elsewhere && <Alert color="red" role="alert">{fault.extensions?.fields?.[0]?.message ?? faultText(t, fault)}</Alert>}
        <TextInput label={t.email} type="email" autoComplete="username" required withAsterisk={false} error={at('email')}
          value={email} onChange={e => setEmail(e.currentTarget.value)} autoFocus={!fixed} />
        <PasswordInput label={t.password} description={fresh ? t.passwordHint : undefined} autoComplete={fresh ? 'new-password' : 'current-password'} required withAsterisk={false} error={at('password')} aria-invalid={Boolean(at('password'))}
          value={password} onChange={e => setPassword(e.currentTarget.value)} data-autofocus={fixed ? true : undefined} />
        <Button type="submit" loading={busy} fullWidth mt="xs">{label}</Button>
      </Stack>
    </form>
  )
}
