import { Group, Loader, MultiSelect, Select, Text, type SelectProps } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useQuery } from 'urql'
import { pickDocument, type Reference } from '../api/documents'
import { field, isFile, type Type } from '../api/schema'
import { useTexts } from '../texts'
import { Thumbnail } from './value'

interface Props {
  type: Type
  value: Reference[]
  onChange: (value: Reference[]) => void
  multiple?: boolean
  input: Pick<SelectProps, 'label' | 'description' | 'error' | 'required' | 'disabled' | 'size' | 'placeholder' | 'withAsterisk' | 'id'>
}

const nameOf = (r: Reference) => r._title ?? r.id

/** How the server searches the type: by words, by the beginning of its title, or not at all. */
function wanted(type: Type, text: string): object {
  if (type.search) return { search: text || undefined }
  const title = field(type, type.title)
  return title?.filter && title.operators.includes('prefix') && text ? { where: { [title.filter]: { prefix: text } } } : {}
}

/** RecordSelect finds records of a type by what they are called. */
export function RecordSelect({ type, value, onChange, multiple, input }: Props) {
  const t = useTexts()
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const current = value[0]
  const [words] = useDebouncedValue(text === (current && nameOf(current)) && !multiple ? '' : text.trim(), 200)
  const [{ data, fetching }] = useQuery<{ list: { nodes: Reference[] } }>({
    query: pickDocument(type), variables: { first: 20, ...wanted(type, words) }, pause: !open || type.list === null,
  })
  const known = new Map([...(data?.list.nodes ?? []), ...value].map(r => [r.id, r]))
  const found = data?.list.nodes ?? []
  const options = [...new Set([...found.map(r => r.id), ...value.map(r => r.id)])].map(id => ({ value: id, label: nameOf(known.get(id)!) }))
  const common = {
    ...input,
    data: options,
    searchable: true,
    clearable: true,
    filter: ({ options }: { options: unknown }) => options as never, // the server has searched
    onSearchChange: setText,
    onDropdownOpen: () => setOpen(true),
    nothingFoundMessage: fetching ? <Loader size="xs" /> : t.nothingFits,
    renderOption: ({ option }: { option: { value: string; label: string } }) => (
      <Group gap="xs" wrap="nowrap">
        {isFile(type) && <Thumbnail file={known.get(option.value)} size={28} />}
        <Text size="sm" lineClamp={1}>{option.label}</Text>
      </Group>
    ),
  }
  const choose = (ids: string[]) => onChange(ids.map(id => known.get(id) ?? { id }))
  return multiple
    ? <MultiSelect {...common} value={value.map(r => r.id)} onChange={choose} />
    : <Select {...common} value={current?.id ?? null} onChange={id => choose(id ? [id] : [])} />
}
