import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAnchor } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { LanguageChoice } from '../parts/choices'

/** Entrance is what people see who have not come in yet. */
export function Entrance({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={380} gap="lg">
        <Group gap="xs" justify="center" c="var(--mantine-primary-color-light-color)"><IconAnchor size={28} aria-hidden /><Text fw={700} fz="lg">Grapnel</Text></Group>
        <Paper p="xl" shadow="sm">
          <Stack gap="lg">
            <div>
              <Title order={1}>{title}</Title>
              <Text c="dimmed" size="sm">{hint}</Text>
            </div>
            {children}
          </Stack>
        </Paper>
        <Center><LanguageChoice /></Center>
      </Stack>
    </Center>
  )
}
