import { Box, Button, CopyButton, FileButton, Group, Paper } from '@mantine/core'
import { IconCheck, IconExternalLink, IconLink, IconReplace } from '@tabler/icons-react'
import { mine } from '../api/changes'
import type { Reference, Row } from '../api/documents'
import { fileOf, type Action, type Type } from '../api/schema'
import { Preview } from '../parts/preview'
import { UploadList } from '../parts/uploadList'
import { useUploads } from '../parts/useUploads'
import { fileAddress } from '../parts/value'
import { useTexts } from '../texts'

interface Props { type: Type; record: Row; adopt: (row: Row) => void }

/** FileCard shows a file, and where it is, and gives it other bytes. */
export function FileCard({ type, record, adopt }: Props) {
  const t = useTexts()
  const file = record as unknown as Reference
  const address = fileAddress(file.url)
  const replacing = type.actions.find(action => fileOf(action))
  return (
    <Paper style={{ overflow: 'hidden' }}>
      <Preview file={file} height={320} />
      <Group gap="xs" p="sm">
        {address && <>
          <CopyButton value={file.url!}>{({ copied, copy }) => <Button size="xs" variant="default" leftSection={copied ? <IconCheck size={15} /> : <IconLink size={15} />} onClick={copy}>{copied ? t.copied : t.copyAddress}</Button>}</CopyButton>
          <Button size="xs" variant="default" component="a" href={address} target="_blank" rel="noopener" leftSection={<IconExternalLink size={15} />}>{t.open}</Button>
        </>}
        {replacing && <Replacement type={type} action={replacing} record={record} adopt={adopt} />}
      </Group>
    </Paper>
  )
}

function Replacement({ type, action, record, adopt }: Props & { action: Action }) {
  const t = useTexts()
  const uploads = useUploads({ type, action, input: { id: record.id }, deliver: ([row]) => { mine(row.id); adopt(row) } })
  const begin = (file: File | null) => {
    if (!file) return
    mine(record.id)
    uploads.clear()
    uploads.add([file])
  }
  return (
    <>
      <FileButton onChange={begin}>{props => <Button {...props} size="xs" variant="default" disabled={uploads.busy} leftSection={<IconReplace size={15} />}>{t.replaceFile}</Button>}</FileButton>
      {uploads.items.length > 0 && <Box w="100%"><UploadList uploads={uploads} /></Box>}
    </>
  )
}
