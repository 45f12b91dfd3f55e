import { Center, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconAnchor } from '@tabler/icons-react'
import type { ReactNode } from 'react'

interface Props { title: string; text?: string; icon?: ReactNode; children?: ReactNode }

/** Notice stands where there is nothing else, and says what to do next. */
export function Notice({ title, text, icon, children }: Props) {
  return (
    <Center mih={320} p="xl">
      <Stack align="center" gap="sm" maw={420} ta="center">
        <ThemeIcon size={52} radius="xl" variant="light" aria-hidden>{icon ?? <IconAnchor size={26} stroke={1.6} />}</ThemeIcon>
        <Title order={2}>{title}</Title>
        {text && <Text c="dimmed">{text}</Text>}
        {children}
      </Stack>
    </Center>
  )
}
