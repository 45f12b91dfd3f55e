import { ActionIcon, Group, Progress, Stack, Text } from '@mantine/core'
import { IconCheck, IconRefresh, IconX } from '@tabler/icons-react'
import { useTexts } from '../texts'
import { uploadFault } from './fault'
import type { Uploads } from './useUploads'

/** UploadList shows how far files are: each can be stopped, and tried again when it failed. */
export function UploadList({ uploads, done }: { uploads: Uploads; done?: boolean }) {
  const t = useTexts()
  const items = uploads.items.filter(item => done || !item.delivered)
  if (items.length === 0) return null
  return (
    <Stack gap={6} mah={260} style={{ overflowY: 'auto' }}>
      {items.map((item, i) => (
        <Group key={i} gap="xs" wrap="nowrap">
          <Text size="sm" truncate flex="1 1 30%" miw={60}>{item.file.name}</Text>
          {item.fault
            ? <><Text size="xs" c="var(--mantine-color-error)" role="alert" flex="1 1 60%">{uploadFault(t, item.fault)}</Text>
              <ActionIcon aria-label={`${t.retry}: ${item.file.name}`} title={t.retry} onClick={() => uploads.retry(item)}><IconRefresh size={16} /></ActionIcon></>
            : item.sent ? <IconCheck size={17} color="var(--mantine-color-teal-6)" aria-label={t.done} /> : <Progress flex="1 1 30%" miw={60} value={item.part * 100} aria-label={t.uploading(item.file.name)} />}
          <ActionIcon aria-label={`${item.sent || item.fault ? t.remove : t.cancel}: ${item.file.name}`} onClick={() => uploads.drop(item)}><IconX size={15} /></ActionIcon>
        </Group>
      ))}
    </Stack>
  )
}
