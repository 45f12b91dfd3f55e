import { Alert, Button, Checkbox, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import { useState } from 'react'
import { canPasskeys, signWithPasskey } from '../api/passkey'
import { confirmSignIn, proving, reauthenticate, type Fault, type Proof, type Proving, type Viewer } from '../api/session'
import { faultText } from '../parts/fault'
import { useStore } from '../store'
import { useTexts } from '../texts'
import { useSend } from './send'

/** AskingForProof asks people to show who they are, from anywhere: for a sign-in that waits for a second factor, or once more. */
export function AskingForProof() {
  const t = useTexts()
  const asked = useStore(proving)
  return (
    <Modal opened={asked !== null} onClose={() => asked?.answer(null)} title={asked?.token ? t.secondFactor : t.proveTitle} zIndex={600}>
      {asked && <Asked {...asked} />}
    </Modal>
  )
}

function Asked({ token, second, answer }: Proving) {
  const t = useTexts()
  const [typed, setTyped] = useState('')
  const [remember, setRemember] = useState(false)
  const show = (proof: Proof): Promise<Viewer | Fault> => (token ? confirmSignIn(token, proof, remember) : reauthenticate(proof))
  const byTyping = useSend(() => show(second ? { code: typed } : { password: typed }), answer)
  const byPasskey = useSend(async () => {
    const signed = await signWithPasskey()
    return typeof signed === 'string' ? show({ passkey: signed }) : signed
  }, answer)
  const wrong = byTyping.wrong(second ? 'code' : 'password')
  const fault = byPasskey.fault ?? (wrong ? undefined : byTyping.fault)
  const field = { required: true, withAsterisk: false, 'data-autofocus': true, error: wrong, 'aria-invalid': Boolean(wrong), value: typed }
  return (
    <Stack>
      <Text size="sm" c="dimmed">{token ? t.secondFactorHint : t.proveHint}</Text>
      {fault && <Alert color="red" role="alert">{fault.extensions?.fields?.[0]?.message ?? faultText(t, fault)}</Alert>}
      <form onSubmit={byTyping.submit}>
        <Stack>
          {second
            ? <TextInput label={t.factorCode} description={t.factorCodeHint} autoComplete="one-time-code" {...field} onChange={e => setTyped(e.currentTarget.value)} />
            : <PasswordInput label={t.password} autoComplete="current-password" {...field} onChange={e => setTyped(e.currentTarget.value)} />}
          {token && <Checkbox label={t.rememberDevice} checked={remember} onChange={e => setRemember(e.currentTarget.checked)} />}
          <Button type="submit" loading={byTyping.busy} fullWidth>{t.goOn}</Button>
        </Stack>
      </form>
      {canPasskeys() && <form onSubmit={byPasskey.submit}><Button type="submit" variant="default" leftSection={<IconFingerprint size={16} />} loading={byPasskey.busy} fullWidth>{t.usePasskey}</Button></form>}
    </Stack>
  )
}
