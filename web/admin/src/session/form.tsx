import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { signIn, type Fault, type Viewer } from '../api/session'
import { faultText } from '../parts/fault'
import { useTexts } from '../texts'

/** SignInForm signs in and says who it was. With an email, it is this account again. */
export function SignInForm({ email: fixed, done }: { email?: string | null; done: (viewer: Viewer) => void }) {
  const t = useTexts()
  const [email, setEmail] = useState(fixed ?? '')
  const [password, setPassword] = useState('')
  const [fault, setFault] = useState<Fault>()
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent) {
    event.preventDefault()
    event.stopPropagation() // the form beneath a modal is none of ours
    setBusy(true)
    const result = await signIn(email, password).catch((): Fault => ({ message: '' }))
    setBusy(false)
    if ('id' in result) return done(result)
    setFault(result)
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        {fault && <Alert color="red" role="alert">{faultText(t, fault)}</Alert>}
        <TextInput label={t.email} type="email" autoComplete="username" required withAsterisk={false}
          value={email} onChange={e => setEmail(e.currentTarget.value)} data-autofocus={!fixed || undefined} autoFocus={!fixed} />
        <PasswordInput label={t.password} autoComplete="current-password" required withAsterisk={false}
          value={password} onChange={e => setPassword(e.currentTarget.value)} data-autofocus={fixed ? true : undefined} />
        <Button type="submit" loading={busy} fullWidth mt="xs">{t.signIn}</Button>
      </Stack>
    </form>
  )
}
