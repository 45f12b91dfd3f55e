import { Button, FileButton, Group, Paper, Stack, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import type { Type } from '../api/schema'
import { UploadList } from '../parts/uploadList'
import { useUploads } from '../parts/useUploads'
import { useTexts } from '../texts'

/** UploadArea takes files by a button or dropped anywhere on the page, and shows how far they are. */
export function UploadArea({ type, done }: { type: Type; done: () => void }) {
  const t = useTexts()
  const uploads = useUploads({ type, action: type.upload, deliver: () => {} })
  const { items, busy, add, clear } = uploads
  const take = useRef(add)
  take.current = add
  useEffect(() => {
    const over = (e: DragEvent) => { if (e.dataTransfer?.types.includes('Files')) e.preventDefault() }
    const dropped = (e: DragEvent) => { if (e.dataTransfer?.files.length) { e.preventDefault(); take.current(e.dataTransfer.files) } }
    addEventListener('dragover', over)
    addEventListener('drop', dropped)
    return () => { removeEventListener('dragover', over); removeEventListener('drop', dropped) }
  }, [])
  useEffect(() => { if (!busy && items.some(item => item.sent)) done() }, [busy])
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <FileButton multiple onChange={add}>{props => <Button {...props} leftSection={<IconUpload size={17} />}>{t.upload}</Button>}</FileButton>
        <Text size="sm" c="dimmed" visibleFrom="sm">{t.dropHint}</Text>
      </Group>
      {items.length > 0 && (
        <Paper p="xs" role="region" aria-label={t.upload}>
          <UploadList uploads={uploads} done />
          {!busy && <Button mt={6} size="compact-xs" variant="subtle" onClick={clear}>{t.close}</Button>}
        </Paper>
      )}
    </Stack>
  )
}
