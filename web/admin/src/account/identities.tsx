import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { change } from '../api/client'
import type { Provider } from '../api/session'
import { useAnswer } from '../api/useAnswer'
import { ProviderButtons } from '../session/provider'
import { useTexts } from '../texts'
import { Part } from './part'

interface Known { viewer: { identities: { id: string; provider: string; email: string | null }[] | null } | null; signInProviders: Provider[] }

/** Identities are the accounts elsewhere by which the viewer signs in. */
export function Identities() {
  const t = useTexts()
  const { data, again } = useAnswer<Known>('query Identities { viewer { id identities { id provider email } } signInProviders { name label } }')
  const list = data?.viewer?.identities ?? []
  const offered = data?.signInProviders ?? []
  if (list.length + offered.length === 0) return null
  async function unlink(id: string) {
    const { faults } = await change('mutation UnlinkIdentity($input: UnlinkIdentityInput!) { unlinkIdentity(input: $input) { unlinkedIdentityId } }', { input: { id } })
    if (faults[0]) notifications.show({ color: 'red', message: faults[0].message })
    again()
  }
  return (
    <Part title={t.identities} text={t.identitiesHint}>
      {list.map(({ id, provider, email }) => {
        const label = offered.find(p => p.name === provider)?.label ?? provider
        return (
          <Group key={id} justify="space-between">
            <Text size="sm">{label}{email && `, ${email}`}</Text>
            <Button variant="default" size="xs" aria-label={t.unlinkIdentity(label)} onClick={() => unlink(id)}>{t.unlink}</Button>
          </Group>
        )
      })}
      <Group><ProviderButtons list={offered} link label={t.linkIdentity} /></Group>
    </Part>
  )
}
