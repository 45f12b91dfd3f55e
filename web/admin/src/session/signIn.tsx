import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAnchor } from '@tabler/icons-react'
import { setUp, signIn } from '../api/session'
import { LanguageChoice } from '../parts/choices'
import { useTexts } from '../texts'
import { Credentials } from './form'

/** The server prints an address with a token while there is no administrator. */
const token = location.hash.match(/^#setup=(.+)$/)?.[1]

/** SignInPage lets people in: with an account, or with the token of the first start. */
export function SignInPage({ done }: { done: () => void }) {
  const t = useTexts()
  const enter = () => {
    if (token) history.replaceState(history.state, '', location.pathname + location.search)
    done()
  }
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={380} gap="lg">
        <Group gap="xs" justify="center" c="var(--mantine-primary-color-light-color)"><IconAnchor size={28} aria-hidden /><Text fw={700} fz="lg">Grapnel</Text></Group>
        <Paper p="xl" shadow="sm">
          <Stack gap="lg">
            <div>
              <Title order={1}>{token ? t.setUp : t.signIn}</Title>
              <Text c="dimmed" size="sm">{token ? t.setUpHint : t.signInHint(location.host)}</Text>
            </div>
            {token
              ? <Credentials fresh label={t.setUpDo} send={(email, password) => setUp({ token, email, password })} done={enter} />
              : <Credentials label={t.signIn} send={signIn} done={enter} />}
          </Stack>
        </Paper>
        <Center><LanguageChoice /></Center>
      </Stack>
    </Center>
  )
}
