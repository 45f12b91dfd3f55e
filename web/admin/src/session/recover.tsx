import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { acceptInvitation, confirmSignUp, requestPasswordReset, resetPassword, signIn, verifyEmail, type Fault } from '../api/session'
import { faultText } from '../parts/fault'
import { useTexts } from '../texts'
import { Address } from './address'
import { Entrance } from './entrance'
import { forget, type Link } from './link'
import { useSend } from './send'

/** Forgotten has whoever has an account with an address mailed a link. */
export function Forgotten({ back }: { back: () => void }) {
  const t = useTexts()
  const [sent, setSent] = useState<string>()
  return (
    <Entrance title={t.forgottenTitle} hint={t.forgottenHint}>
      {sent ? <Text role="status">{t.resetMailed(sent)}</Text> : <Address label={t.sendLink} send={requestPasswordReset} then={setSent} />}
      <Button variant="subtle" size="compact-sm" onClick={back}>{t.backToSignIn}</Button>
    </Entrance>
  )
}

/** Mailed takes the token of a link that was mailed. */
export function Mailed({ link, done }: { link: Link; done: () => void }) {
  const leave = () => {
    forget()
    done()
  }
  const t = useTexts()
  switch (link.kind) {
    case 'reset': return (
      <Password title={t.newPasswordTitle} hint={t.newPasswordHint} fresh label={t.changePassword} done={leave} send={password => resetPassword(link.token, password)}
        then={({ email }, password) => signIn(email, password).catch(() => undefined).finally(leave)} />
    )
    case 'signup': return <Password title={t.admissionTitle} hint={t.admissionHint} label={t.admissionDo} done={leave} send={password => confirmSignUp(link.token, password)} then={leave} />
    case 'invite': return <Password title={t.invitedTitle} hint={t.invitedHint} fresh named label={t.admissionDo} done={leave} send={(password, username) => acceptInvitation({ token: link.token, password, username: username || undefined })} then={leave} />
    default: return <Confirm token={link.token} done={leave} />
  }
}

interface Asked<T extends object> {
  title: string
  hint: string
  label: string
  fresh?: boolean // the password is a new one
  named?: boolean // a username may be chosen, too
  send: (password: string, username: string) => Promise<T | Fault>
  then: (result: T, password: string) => void
  done: () => void
}

/** Password takes a token together with a password. */
function Password<T extends object>({ title, hint, label, fresh, named, send, then, done }: Asked<T>) {
  const t = useTexts()
  const [password, setPassword] = useState('')
  const [username, setUsername] = useState('')
  const { fault, busy, submit, wrong } = useSend(() => send(password, username), result => then(result, password))
  return (
    <Entrance title={title} hint={hint}>
      <form onSubmit={submit}>
        <Stack>
          {fault && !wrong('password') && !wrong('username') && <Alert color="red" role="alert">{wrong('token') ? t.linkVoid : faultText(t, fault)}</Alert>}
          <PasswordInput label={fresh ? t.passwordNew : t.password} description={fresh && t.passwordHint} autoComplete={fresh ? 'new-password' : 'current-password'} required withAsterisk={false} autoFocus error={wrong('password')} aria-invalid={Boolean(wrong('password'))}
            value={password} onChange={e => setPassword(e.currentTarget.value)} />
          {named && (
            <TextInput label={t.username} description={t.usernameHint} autoComplete="username" error={wrong('username')} aria-invalid={Boolean(wrong('username'))}
              value={username} onChange={e => setUsername(e.currentTarget.value)} />
          )}
          <Button type="submit" loading={busy} fullWidth>{label}</Button>
        </Stack>
      </form>
      <Button variant="subtle" size="compact-sm" onClick={done}>{t.backToSignIn}</Button>
    </Entrance>
  )
}

/** Confirm verifies an address when somebody says so: programs that read mails open links, too. */
function Confirm({ token, done }: { token: string; done: () => void }) {
  const t = useTexts()
  const [email, setEmail] = useState<string>()
  const { fault, busy, submit, wrong } = useSend(() => verifyEmail(token), result => setEmail(result.email))
  return (
    <Entrance title={t.confirmTitle} hint={t.confirmHint}>
      {fault && <Alert color="red" role="alert">{wrong('token') ? t.linkVoid : faultText(t, fault)}</Alert>}
      {email ? <Text role="status">{t.confirmed(email)}</Text> : <form onSubmit={submit}><Button type="submit" loading={busy} fullWidth>{t.confirmDo}</Button></form>}
      <Button variant="subtle" size="compact-sm" onClick={done}>{t.toDashboard}</Button>
    </Entrance>
  )
}
