import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { change } from '../api/client'
import { useAnswer } from '../api/useAnswer'
import { showFault } from '../parts/fault'
import { root } from '../router'
import { formats, useTexts } from '../texts'

interface Session { id: string; browser: string | null; system: string | null; address: string; lastUsedAt: string; current: boolean }

/** Sessions shows where the viewer is signed in, and ends what they choose. */
export function Sessions() {
  const t = useTexts()
  const { data, again } = useAnswer<{ viewer: { sessions: Session[] | null } | null }>('query Sessions { viewer { id sessions { id browser system address lastUsedAt current } } }')
  const end = async (id: string) => {
    const { faults } = await change('mutation RevokeSession($input: RevokeSessionInput!) { revokeSession(input: $input) { revokedSessionId } }', { input: { id } })
    if (faults[0]) showFault(t, faults[0])
    else again()
  }
  const endAll = async () => {
    const { faults } = await change('mutation SignOutEverywhere { signOut(input: { everywhere: true }) { signedOutAt } }', {})
    if (faults[0]) showFault(t, faults[0])
    else location.assign(root)
  }
  return (
    <Stack gap="sm">
      {data?.viewer?.sessions?.map(session => {
        const name = [session.browser, session.system].filter(Boolean).join(' · ') || t.unknownDevice
        return (
          <Group key={session.id} justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm" fw={550}>{name}</Text>
              <Text size="xs" c="dimmed">{session.address} · {t.lastUsed(formats.time(session.lastUsedAt))}</Text>
            </div>
            {session.current ? <Badge variant="light">{t.thisSession}</Badge> : <Button variant="default" size="xs" aria-label={`${t.signOut}: ${name}`} onClick={() => end(session.id)}>{t.signOut}</Button>}
          </Group>
        )
      })}
      <Group><Button variant="default" leftSection={<IconLogout size={16} />} onClick={endAll}>{t.signOutEverywhere}</Button></Group>
      <Text size="sm" c="dimmed">{t.sessionsHint}</Text>
    </Stack>
  )
}
