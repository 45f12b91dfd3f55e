import { Alert, Center, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAnchor } from '@tabler/icons-react'
import { useState } from 'react'
import { setUp, signIn } from '../api/session'
import { LanguageChoice } from '../parts/choices'
import { useTexts } from '../texts'
import { Credentials } from './form'

/** The server prints an address with a token while there is no administrator. */
const token = location.hash.match(/^#setup=(.+)$/)?.[1]

/** SignInPage lets people in: with an account, or with the token of the first start. */
export function SignInPage({ done }: { done: () => void }) {
  const t = useTexts()
  const [late, setLate] = useState(false) // somebody else has become the administrator
  const isNew = token !== undefined && !late
  const forget = () => history.replaceState(history.state, '', location.pathname + location.search)
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
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={380} gap="lg">
        <Group gap="xs" justify="center" c="var(--mantine-primary-color-light-color)"><IconAnchor size={28} aria-hidden /><Text fw={700} fz="lg">Grapnel</Text></Group>
        <Paper p="xl" shadow="sm">
          <Stack gap="lg">
            <div>
              <Title order={1}>{isNew ? t.setUp : t.signIn}</Title>
              <Text c="dimmed" size="sm">{isNew ? t.setUpHint : t.signInHint(location.host)}</Text>
            </div>
            {late && <Alert color="yellow" role="alert">{t.setUpLate}</Alert>}
            {isNew
              ? <Credentials key="new" fresh label={t.setUpDo} send={begin} done={enter} />
              : <Credentials key="known" label={t.signIn} send={signIn} done={enter} />}
          </Stack>
        </Paper>
        <Center><LanguageChoice /></Center>
      </Stack>
    </Center>
  )
}
