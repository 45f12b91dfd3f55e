import { Button, CopyButton, Group, Paper } from '@mantine/core'
import { IconCheck, IconExternalLink, IconLink } from '@tabler/icons-react'
import type { Reference, Row } from '../api/documents'
import { Preview } from '../parts/preview'
import { fileAddress } from '../parts/value'
import { useTexts } from '../texts'

/** FileCard shows a file, and where it is. */
export function FileCard({ record }: { record: Row }) {
  const t = useTexts()
  const file = record as unknown as Reference
  const address = fileAddress(file.url)
  return (
    <Paper style={{ overflow: 'hidden' }}>
      <Preview file={file} height={320} />
      {address && (
        <Group gap="xs" p="sm">
          <CopyButton value={file.url!}>{({ copied, copy }) => <Button size="xs" variant="default" leftSection={copied ? <IconCheck size={15} /> : <IconLink size={15} />} onClick={copy}>{copied ? t.copied : t.copyAddress}</Button>}</CopyButton>
          <Button size="xs" variant="default" component="a" href={address} target="_blank" rel="noopener" leftSection={<IconExternalLink size={15} />}>{t.open}</Button>
        </Group>
      )}
    </Paper>
  )
}
