import { Alert, Button, Code, Group, Image, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { change } from '../api/client'
import type { Fault } from '../api/session'
import { useAnswer } from '../api/useAnswer'
import { modals } from '../parts/ask'
import { faultText, showFault } from '../parts/fault'
import { tell } from '../parts/told'
import { useSend } from '../session/send'
import { formats, useTexts } from '../texts'

interface SetUp { token: string; secret: string; uri: string; qrCode: string }

const state = 'query SecondFactor { viewer { id secondFactorAt recoveryCodesLeft } }'

/** SecondFactor sets an authenticator app up, renews its recovery codes, and takes it away; changed is told when the account asks for it or does not any more. */
export function SecondFactor({ changed }: { changed?: () => void }) {
  const t = useTexts()
  const { data, again } = useAnswer<{ viewer: { secondFactorAt: string | null; recoveryCodesLeft: number | null } | null }>(state)
  const [begun, setBegun] = useState<SetUp>()
  const [busy, setBusy] = useState(false)
  const done = (codes?: string[]) => {
    setBegun(undefined)
    again()
    void tell({ [t.recoveryCodes]: codes?.join('\n') }).then(changed)
  }
  async function send<T>(mutation: string, then: (data: T) => void) {
    setBusy(true)
    const { data, faults } = await change<T>(mutation, {})
    setBusy(false)
    if (faults[0]) showFault(t, faults[0])
    else if (data) then(data)
  }
  const begin = () => send<{ setUpAuthenticator: { authenticator: SetUp } }>('mutation SetUpAuthenticator { setUpAuthenticator { authenticator { token secret uri qrCode } } }', d => setBegun(d.setUpAuthenticator.authenticator))
  const renew = () => send<{ renewRecoveryCodes: { recoveryCodes: string[] } }>('mutation RenewRecoveryCodes { renewRecoveryCodes { recoveryCodes } }', d => {
    void tell({ [t.recoveryCodes]: d.renewRecoveryCodes.recoveryCodes.join('\n') })
    again()
  })
  const remove = async () => {
    if (!(await modals.ask({ title: t.factorOff, text: t.factorOffHint, yes: t.factorOff, danger: true }))) return
    await send('mutation RemoveAuthenticator { removeAuthenticator { viewer { id } } }', () => done())
  }
  const viewer = data?.viewer
  if (!viewer) return null
  return (
    <>
      {viewer.secondFactorAt ? (
        <>
          <Group gap={6}><IconCircleCheck size={16} color="var(--mantine-color-green-filled)" aria-hidden /><Text size="sm">{t.factorOn(formats.day(viewer.secondFactorAt.slice(0, 10)), viewer.recoveryCodesLeft ?? 0)}</Text></Group>
          <Group>
            <Button variant="default" loading={busy} onClick={renew}>{t.newRecoveryCodes}</Button>
            <Button variant="default" loading={busy} onClick={begin}>{t.anotherApp}</Button>
            <Button variant="default" color="red" loading={busy} onClick={remove}>{t.factorOff}</Button>
          </Group>
        </>
      ) : <Group><Button loading={busy} onClick={begin}>{t.factorSetUp}</Button></Group>}
      {begun && <Confirming setUp={begun} close={() => setBegun(undefined)} done={done} />}
    </>
  )
}

function Confirming({ setUp, close, done }: { setUp: SetUp; close: () => void; done: (codes: string[]) => void }) {
  const t = useTexts()
  const [code, setCode] = useState('')
  const { fault, busy, submit, wrong } = useSend(async (): Promise<{ recoveryCodes: string[] } | Fault> => {
    const { data, faults } = await change<{ confirmAuthenticator: { recoveryCodes: string[] } }>('mutation ConfirmAuthenticator($input: ConfirmAuthenticatorInput!) { confirmAuthenticator(input: $input) { recoveryCodes } }', { input: { token: setUp.token, code } })
    return data?.confirmAuthenticator ?? faults[0] ?? { message: '' }
  }, ({ recoveryCodes }) => done(recoveryCodes))
  return (
    <Modal opened onClose={close} title={t.factorSetUp} closeOnClickOutside={false}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t.factorScan}</Text>
          <Image src={setUp.qrCode} w={240} h={240} alt={t.factorPicture} style={{ alignSelf: 'center' }} />
          <div><Text size="sm" c="dimmed">{t.factorSecret}</Text><Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{setUp.secret}</Code></div>
          {fault && !wrong('code') && <Alert color="red" role="alert">{fault.extensions?.fields?.[0]?.message ?? faultText(t, fault)}</Alert>}
          <TextInput label={t.factorShown} inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} data-autofocus error={wrong('code')} aria-invalid={Boolean(wrong('code'))} value={code} onChange={e => setCode(e.currentTarget.value)} />
          <Group justify="flex-end"><Button variant="default" onClick={close}>{t.cancel}</Button><Button type="submit" loading={busy}>{t.factorConfirm}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}
