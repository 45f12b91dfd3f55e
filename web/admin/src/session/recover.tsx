import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { requestPasswordReset, resetPassword, signIn, verifyEmail } from '../api/session'
import { faultText } from '../parts/fault'
import { useTexts } from '../texts'
import { Entrance } from './entrance'
import { forget, type Link } from './link'
import { useSend } from './send'

/** Forgotten has whoever has an account with an address mailed a link. */
export function Forgotten({ back }: { back: () => void }) {
  const t = useTexts()
  const [email, setEmail] = useState('')
  const [sent, setSent] = useState<string>()
  const { fault, busy, submit, wrong } = useSend(() => requestPasswordReset(email), done => setSent(done.email))
  return (
    <Entrance title={t.forgottenTitle} hint={t.forgottenHint}>
      {sent
        ? <Text role="status">{t.resetMailed(sent)}</Text>
        : (
          <form onSubmit={submit}>
            <Stack>
              {fault && !wrong('email') && <Alert color="red" role="alert">{faultText(t, fault)}</Alert>}
              <TextInput label={t.email} type="email" autoComplete="username" required withAsterisk={false} autoFocus error={wrong('email')} value={email} onChange={e => setEmail(e.currentTarget.value)} />
              <Button type="submit" loading={busy} fullWidth>{t.sendLink}</Button>
            </Stack>
          </form>
        )}
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
  return link.kind === 'reset' ? <NewPassword token={link.token} done={leave} /> : <Confirm token={link.token} done={leave} />
}

/** NewPassword sets a password and signs in with it. */
function NewPassword({ token, done }: { token: string; done: () => void }) {
  const t = useTexts()
  const [password, setPassword] = useState('')
  const { fault, busy, submit, wrong } = useSend(() => resetPassword(token, password), ({ email }) => signIn(email, password).catch(() => undefined).finally(done))
  return (
    <Entrance title={t.newPasswordTitle} hint={t.newPasswordHint}>
      <form onSubmit={submit}>
        <Stack>
          {fault && !wrong('password') && <Alert color="red" role="alert">{wrong('token') ? t.linkVoid : faultText(t, fault)}</Alert>}
          <PasswordInput label={t.passwordNew} description={t.passwordHint} autoComplete="new-password" required withAsterisk={false} autoFocus error={wrong('password')} aria-invalid={Boolean(wrong('password'))}
            value={password} onChange={e => setPassword(e.currentTarget.value)} />
          <Button type="submit" loading={busy} fullWidth>{t.changePassword}</Button>
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
