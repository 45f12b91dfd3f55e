import { Alert, Button } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import { useState } from 'react'
import { canPasskeys, signWithPasskey } from '../api/passkey'
import { setUp, signIn, signInWithPasskey } from '../api/session'
import { faultText } from '../parts/fault'
import { useStore } from '../store'
import { useTexts } from '../texts'
import { Code } from './code'
import { Entrance } from './entrance'
import { Credentials } from './form'
import { forget, link } from './link'
import { Providers } from './provider'
import { Forgotten } from './recover'
import { useSend } from './send'

/** SignInPage lets people in: with an account, or with the token of the first start. */
export function SignInPage({ done }: { done: () => void }) {
  const t = useTexts()
  const held = useStore(link)
  const [late, setLate] = useState(false) // somebody else has become the administrator
  const [instead, setInstead] = useState<'code' | 'forgotten'>() // of a password
  const token = held?.kind === 'setup' ? held.token : undefined
  const enter = () => {
    if (token) forget()
    done()
  }
  async function begin(email: string, password: string) {
    const result = await setUp({ token: token!, email, password })
    if ('message' in result && result.extensions?.code === 'FORBIDDEN') {
      forget()
      setLate(true)
    }
    return result
  }
  if (token) return <Entrance title={t.setUp} hint={t.setUpHint}><Credentials key="new" fresh label={t.setUpDo} send={begin} done={enter} /></Entrance>
  const back = () => setInstead(undefined)
  if (instead === 'code') return <Code back={back} done={enter} />
  if (instead) return <Forgotten back={back} />
  return (
    <Entrance title={t.signIn} hint={t.signInHint(location.host)}>
      {late && <Alert color="yellow" role="alert">{t.setUpLate}</Alert>}
      <Credentials key="known" label={t.signIn} send={signIn} done={enter} />
      {canPasskeys() && <Passkey done={enter} />}
      <Providers />
      <Button variant="subtle" size="compact-sm" onClick={() => setInstead('code')}>{t.codeInstead}</Button>
      <Button variant="subtle" size="compact-sm" onClick={() => setInstead('forgotten')}>{t.forgotten}</Button>
    </Entrance>
  )
}

function Passkey({ done }: { done: () => void }) {
  const t = useTexts()
  const { fault, busy, submit } = useSend(async () => {
    const signed = await signWithPasskey()
    return typeof signed === 'string' ? signInWithPasskey(signed) : signed
  }, done)
  return (
    <form onSubmit={submit}>
      {fault && <Alert color="red" role="alert" mb="sm">{fault.extensions?.fields?.[0]?.message ?? faultText(t, fault)}</Alert>}
      <Button type="submit" variant="default" leftSection={<IconFingerprint size={16} />} loading={busy} fullWidth>{t.usePasskey}</Button>
    </form>
  )
}
