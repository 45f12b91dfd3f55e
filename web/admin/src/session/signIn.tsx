import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAnchor } from '@tabler/icons-react'
import { LanguageChoice } from '../parts/choices'
import { useTexts } from '../texts'
import { SignInForm } from './form'

export function SignInPage({ done }: { done: () => void }) {
  const t = useTexts()
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={380} gap="lg">
        <Group gap="xs" justify="center" c="var(--mantine-primary-color-light-color)"><IconAnchor size={28} aria-hidden /><Text fw={700} fz="lg">Grapnel</Text></Group>
        <Paper p="xl" shadow="sm">
          <Stack gap="lg">
            <div>
              <Title order={1}>{t.signIn}</Title>
              <Text c="dimmed" size="sm">{t.signInHint(location.host)}</Text>
            </div>
            <SignInForm done={done} />
          </Stack>
        </Paper>
        <Center><LanguageChoice /></Center>
      </Stack>
    </Center>
  )
}
