import { ActionIcon, Button, FileButton, Group, Modal, Paper, SimpleGrid, Stack, Text, TextInput, UnstyledButton } from '@mantine/core'
import { IconPhotoPlus, IconSearch, IconUpload, IconX } from '@tabler/icons-react'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useQuery } from 'urql'
import { pickDocument, type Reference } from '../api/documents'
import type { Type } from '../api/schema'
import { isImage, Thumbnail } from '../parts/value'
import { UploadList } from '../parts/uploadList'
import { useUploads } from '../parts/useUploads'
import { useTexts, word } from '../texts'
import { FieldGroup } from './fieldGroup'
import type { PickerProps } from './relationPicker'
import { Reorder } from './reorder'

/** FilePicker shows the chosen files, takes dropped ones, and offers those that are there. */
export function FilePicker({ type, field, multiple, value, onChange, around }: PickerProps) {
  const t = useTexts()
  const [picking, pick] = useState(false)
  const [over, setOver] = useState(false)
  const [refused, refuse] = useState<string>()
  const pictures = field.widget === 'IMAGE'
  const add = (files: Reference[]) => {
    const fit = files.filter(file => !pictures || isImage(file))
    const other = files.find(file => !fit.includes(file))
    refuse(other && t.notPicture(other._title ?? other.id))
    if (fit.length > 0) onChange(multiple ? [...value, ...fit] : fit.slice(0, 1))
  }
  const uploads = useUploads({ type, action: type.upload, deliver: sent => add(sent as unknown as Reference[]) })
  const take = (files: File[]) => { if (type.upload) uploads.add(multiple ? files : files.slice(0, 1)) }
  return (
    <FieldGroup {...around} error={around.error ?? refused}>
      <Paper mt={4} p="xs" style={{ borderStyle: 'dashed', borderColor: over ? 'var(--mantine-primary-color-filled)' : undefined }}
        onDragOver={e => { if (e.dataTransfer.types.includes('Files')) { e.preventDefault(); setOver(true) } }} onDragLeave={() => setOver(false)}
        onDrop={e => { e.preventDefault(); setOver(false); take([...e.dataTransfer.files]) }}>
        <Reorder items={value} onChange={onChange} nameOf={file => file._title ?? file.id} render={(file, i) => (
          <Group wrap="nowrap" gap="xs">
            <Thumbnail file={file} size={44} />
            <Text size="sm" truncate flex={1}>{file._title ?? file.id}</Text>
            <ActionIcon aria-label={`${t.remove}: ${file._title ?? file.id}`} onClick={() => onChange(value.toSpliced(i, 1))}><IconX size={16} /></ActionIcon>
          </Group>
        )} />
        <UploadList uploads={uploads} />
        <Group gap="xs">
          <Button size="xs" variant="default" leftSection={<IconPhotoPlus size={15} />} onClick={() => pick(true)}>{t.choose}</Button>
          {type.upload && (
            <FileButton multiple={multiple} accept={pictures ? 'image/*' : undefined} onChange={files => files && take(Array.isArray(files) ? files : [files as File])}>
              {props => <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={15} />}>{t.upload}</Button>}
            </FileButton>
          )}
        </Group>
      </Paper>
      <Modal opened={picking} onClose={() => pick(false)} title={t.choose} size="xl">
        {picking && <Grid type={type} pick={file => { add([file]); pick(false) }} />}
      </Modal>
    </FieldGroup>
  )
}

/** Grid offers the newest files. */
export function Grid({ type, pick }: { type: Type; pick: (file: Reference) => void }) {
  const t = useTexts()
  const [first, setFirst] = useState(24)
  const [words, setWords] = useState('')
  const [search] = useDebouncedValue(words.trim(), 200)
  const [{ data, fetching }] = useQuery<{ list: { nodes: Reference[] } }>({ query: pickDocument(type), variables: { first, search: type.search && search ? search : undefined } })
  const files = data?.list.nodes ?? []
  return (
    <Stack>
      {type.search && <TextInput type="search" aria-label={t.searchIn(word(t, type.labels))} placeholder={t.searchIn(word(t, type.labels))} maxLength={200} leftSection={<IconSearch size={16} />}
        value={words} onChange={e => setWords(e.currentTarget.value)} data-autofocus />}
      {files.length === 0 && !fetching && <Text c="dimmed">{search ? t.nothingFits : t.noFiles}</Text>}
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
