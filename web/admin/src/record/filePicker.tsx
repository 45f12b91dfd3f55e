import { ActionIcon, Box, Button, FileButton, Group, Input, Modal, Paper, Progress, SimpleGrid, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconPhotoPlus, IconUpload, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useQuery } from 'urql'
import { pickDocument, type Reference } from '../api/documents'
import type { Type } from '../api/schema'
import { Thumbnail } from '../parts/value'
import { useUpload } from '../parts/useUpload'
import { useTexts } from '../texts'
import type { PickerProps } from './relationPicker'
import { Reorder } from './reorder'

/** FilePicker shows the chosen files, takes dropped ones, and offers those that are there. */
export function FilePicker({ type, multiple, value, onChange, around }: PickerProps) {
  const t = useTexts()
  const [picking, pick] = useState(false)
  const [over, setOver] = useState(false)
  const { progress, send } = useUpload()
  const add = (files: Reference[]) => { if (files.length > 0) onChange(multiple ? [...value, ...files] : files.slice(0, 1)) }
  const take = async (files: Iterable<File>) => add(await send(files))
  return (
    <Input.Wrapper {...around} labelElement="div">
      <Paper mt={4} p="xs" style={{ borderStyle: 'dashed', borderColor: over ? 'var(--mantine-primary-color-filled)' : undefined }}
        onDragOver={e => { if (e.dataTransfer.types.includes('Files')) { e.preventDefault(); setOver(true) } }} onDragLeave={() => setOver(false)}
        onDrop={e => { e.preventDefault(); setOver(false); void take([...e.dataTransfer.files]) }}>
        <Reorder items={value} onChange={onChange} nameOf={file => file._title ?? file.id} render={(file, i) => (
          <Group wrap="nowrap" gap="xs">
            <Thumbnail file={file} size={44} />
            <Text size="sm" truncate flex={1}>{file._title ?? file.id}</Text>
            <ActionIcon aria-label={`${t.remove}: ${file._title ?? file.id}`} onClick={() => onChange(value.toSpliced(i, 1))}><IconX size={16} /></ActionIcon>
          </Group>
        )} />
        {progress
          ? <Box py={6}><Text size="xs" c="dimmed" truncate>{progress.name}</Text><Progress value={progress.part * 100} aria-label={t.uploading(progress.name)} mt={4} /></Box>
          : <Group gap="xs">
            <Button size="xs" variant="default" leftSection={<IconPhotoPlus size={15} />} onClick={() => pick(true)}>{t.choose}</Button>
            <FileButton multiple={multiple} onChange={files => files && take(Array.isArray(files) ? files : [files as File])}>
              {props => <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={15} />}>{t.upload}</Button>}
            </FileButton>
          </Group>}
      </Paper>
      <Modal opened={picking} onClose={() => pick(false)} title={t.choose} size="xl" closeButtonProps={{ 'aria-label': t.close }}>
        {picking && <Grid type={type} pick={file => { add([file]); pick(false) }} />}
      </Modal>
    </Input.Wrapper>
  )
}

/** Grid offers the newest files. */
export function Grid({ type, pick }: { type: Type; pick: (file: Reference) => void }) {
  const t = useTexts()
  const [first, setFirst] = useState(24)
  const [{ data, fetching }] = useQuery<{ list: { nodes: Reference[] } }>({ query: pickDocument(type), variables: { first } })
  const files = data?.list.nodes ?? []
  return (
    <Stack>
      {files.length === 0 && !fetching && <Text c="dimmed">{t.noFiles}</Text>}
      <SimpleGrid cols={{ base: 3, sm: 6 }} spacing="xs">
        {files.map(file => (
          <UnstyledButton key={file.id} onClick={() => pick(file)} title={file._title ?? file.id} aria-label={file._title ?? file.id}>
            <Thumbnail file={file} size={104} />
            <Text size="xs" truncate mt={2}>{file._title}</Text>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      {files.length === first && first < 96 && <Button variant="default" loading={fetching} onClick={() => setFirst(first + 24)}>{t.showMore}</Button>}
    </Stack>
  )
}
