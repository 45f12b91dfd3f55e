import { Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** Part is one thing that people set for themselves. */
export function Part({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <Paper p="md" component="section" aria-label={title}>
      <Stack gap="sm">
        <div><Title order={2} fz="md">{title}</Title>{text && <Text size="sm" c="dimmed">{text}</Text>}</div>
        {children}
      </Stack>
    </Paper>
  )
}
