import { Alert, Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { requestSignInCode, signInWithCode } from '../api/session'
import { faultText } from '../parts/fault'
import { useTexts } from '../texts'
import { Address } from './address'
import { Entrance } from './entrance'
import { useSend } from './send'

interface Props { back: () => void; done: () => void }

/** Code lets in who reads the mail of an address. */
export function Code({ back, done }: Props) {
  const t = useTexts()
  const [mailed, setMailed] = useState<string>()
  if (mailed) return <Typed email={mailed} back={back} done={done} />
  return (
    <Entrance title={t.codeTitle} hint={t.codeHint}>
      <Address label={t.sendCode} send={requestSignInCode} then={setMailed} />
      <Button variant="subtle" size="compact-sm" onClick={back}>{t.backToSignIn}</Button>
    </Entrance>
  )
}

function Typed({ email, back, done }: Props & { email: string }) {
  const t = useTexts()
  const [code, setCode] = useState('')
  const { fault, busy, submit } = useSend(() => signInWithCode(email, code), done)
  const wrong = fault?.extensions?.code === 'INVALID_CREDENTIALS'
  return (
    <Entrance title={t.codeTitle} hint={t.codeMailed(email)}>
      <form onSubmit={submit}>
        <Stack>
          {fault && !wrong && <Alert color="red" role="alert">{faultText(t, fault)}</Alert>}
          <TextInput label={t.codeTyped} inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} autoFocus error={wrong && t.codeWrong} value={code} onChange={e => setCode(e.currentTarget.value)} />
          <Button type="submit" loading={busy} fullWidth>{t.signIn}</Button>
        </Stack>
      </form>
      <Button variant="subtle" size="compact-sm" onClick={back}>{t.backToSignIn}</Button>
    </Entrance>
  )
}
