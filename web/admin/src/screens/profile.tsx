import { Alert, Button, Group, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCircleCheck, IconMail, IconUserEdit } from '@tabler/icons-react'
import { useState, type FormEvent } from 'react'
import { Identities } from '../account/identities'
import { Part } from '../account/part'
import { Passkeys } from '../account/passkeys'
import { SecondFactor } from '../account/secondFactor'
import { Sessions } from '../account/sessions'
import { change } from '../api/client'
import { isAccount, pathOf } from '../api/schema'
import type { Fault } from '../api/session'
import { useSite } from '../context'
import { LanguageChoice, SchemeChoice } from '../parts/choices'
import { faultText, showFault, wrongAt } from '../parts/fault'
import { Link } from '../parts/link'
import { formats, useTexts } from '../texts'

/** Profile is what people set for themselves. */
export default function Profile() {
  const t = useTexts()
  const { schema, viewer, heldBack } = useSite()
  const account = schema.types.find(isAccount)
  return (
    <Stack gap="lg" maw={560}>
      <Title order={1}>{t.profile}</Title>
      {account && (
        <Part title={viewer.displayName ?? viewer.username} text={viewer.email ?? ''}>
          <Verification />
          <Group><Button variant="default" leftSection={<IconUserEdit size={16} />} renderRoot={props => <Link to={`content/${pathOf(account)}/${viewer.id}`} {...props} />}>{t.editProfile}</Button></Group>
        </Part>
      )}
      <Part title={t.theme}><SchemeChoice /><LanguageChoice /></Part>
      <Identities />
      <Part title={t.changePassword}><Password /></Part>
      <Part title={t.secondFactor} text={t.factorHint}><SecondFactor changed={() => { if (heldBack) location.reload() }} /></Part>
      <Part title={t.passkeys} text={t.passkeysHint}><Passkeys /></Part>
      <Part title={t.sessions}><Sessions /></Part>
    </Stack>
  )
}

/** Verification says whether the address has shown to be the viewer's, and mails a link if not. */
function Verification() {
  const t = useTexts()
  const { viewer } = useSite()
  const [busy, setBusy] = useState(false)
  async function send() {
    setBusy(true)
    const { faults } = await change('mutation RequestEmailVerification { requestEmailVerification { viewer { id } } }', {})
    setBusy(false)
    if (faults[0]) showFault(t, faults[0])
    else notifications.show({ message: t.verificationMailed(viewer.email ?? '') })
  }
  if (viewer.emailVerifiedAt) return <Group gap={6}><IconCircleCheck size={16} color="var(--mantine-color-green-filled)" aria-hidden /><Text size="sm">{t.emailVerified(formats.day(viewer.emailVerifiedAt.slice(0, 10)))}</Text></Group>
  return (
    <Group justify="space-between">
      <Text size="sm">{t.emailNotVerified}</Text>
      <Button variant="default" size="xs" leftSection={<IconMail size={14} />} loading={busy} onClick={send}>{t.sendLink}</Button>
    </Group>
  )
}

function Password() {
  const t = useTexts()
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const [fault, setFault] = useState<Fault>()
  const [busy, setBusy] = useState(false)
  const wrong = (name: string) => wrongAt(fault, name)
  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    const { faults } = await change('mutation ChangePassword($input: ChangePasswordInput!) { changePassword(input: $input) { viewer { id } } }', { input: { currentPassword, newPassword } })
    setBusy(false)
    setFault(faults[0])
    if (faults[0]) return
    setCurrent('')
    setNew('')
    notifications.show({ message: t.passwordChanged })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {fault && !fault.extensions?.fields?.length && <Alert color="red" role="alert">{faultText(t, fault)}</Alert>}
        <PasswordInput label={t.passwordNow} autoComplete="current-password" required withAsterisk={false} value={currentPassword} error={wrong('currentPassword')} onChange={e => setCurrent(e.currentTarget.value)} />
        <PasswordInput label={t.passwordNew} autoComplete="new-password" required withAsterisk={false} minLength={8} value={newPassword} error={wrong('newPassword')} onChange={e => setNew(e.currentTarget.value)} />
        <Group><Button type="submit" loading={busy}>{t.changePassword}</Button></Group>
      </Stack>
    </form>
  )
}
