import { ActionIcon, Button, Group, Input, Paper, Skeleton, Stack, TagsInput, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { createContext, lazy, memo, Suspense, useContext } from 'react'
import type { Reference } from '../api/documents'
import { isFile, type Field } from '../api/schema'
import { useSite } from '../context'
import { Scalar, type Around } from '../parts/scalar'
import { hint, useTexts, word } from '../texts'
import type { Errors, Values } from './draft'
import { FieldGroup } from './fieldGroup'
import { FilePicker } from './filePicker'
import { emptyEmbedded, emptyOf, isCut, nameOf } from './input'
import { RelationPicker } from './relationPicker'
import { Reorder } from './reorder'
import { branchOf } from './tree'
import { TreeInput } from './treeInput'
import { useLatest } from './useLatest'

const Markdown = lazy(() => import('../markdown/editor'))

/** FormId begins the ids of inputs: forms stand within others. */
export const FormId = createContext('field')

interface Props { field: Field; value: unknown; onChange: (value: unknown) => void; errors: Errors; path: string; label?: boolean }

/** FieldInput is the input for what a field holds, of any kind, with the errors below its path. */
export function FieldInput({ field, value, onChange, errors, path, label = true }: Props) {
  const t = useTexts()
  const { schema } = useSite()
  const form = useContext(FormId)
  const name = word(t, field.label)
  const around: Around = {
    label: label ? name : undefined, description: label ? hint(t, field.description) : undefined, required: field.required && field.kind !== 'BOOLEAN' && !field.list,
    error: errors[path], id: `${form}-${path}`,
  }
  if (isCut(schema, field, value)) return <Input.Wrapper {...around}><Text size="sm" c="dimmed">{t.tooDeep}</Text></Input.Wrapper>

  if (field.kind === 'REFERENCE') {
    const of = schema.type(field.of)
    if (!of?.list) return <Scalar field={{ ...field, kind: 'ID' }} value={(value as Reference | null)?.id} onChange={id => onChange(id ? { id } : null)} around={around} />
    const chosen = (field.list ? value ?? [] : value ? [value] : []) as Reference[]
    const choose = (next: Reference[]) => onChange(field.list ? next : next[0] ?? null)
    const Picker = isFile(of) ? FilePicker : RelationPicker
    return <Picker type={of} field={field} multiple={field.list} value={chosen} onChange={choose} around={around} />
  }
  if (field.kind === 'EMBEDDED') {
    const branch = branchOf(schema, field)
    if (branch) return <TreeInput field={field} branch={branch} value={(value ?? []) as Values[]} onChange={onChange} errors={errors} path={path} around={around} />
    return field.list
      ? <EmbeddedList field={field} value={(value ?? []) as Values[]} onChange={onChange} errors={errors} path={path} around={around} />
      : <EmbeddedOne field={field} value={value as Values | null} onChange={onChange} errors={errors} path={path} around={around} />
  }
  if (isKeywords(field)) {
    return <TagsInput {...around} error={around.error ?? below(errors, path)} value={(value ?? []) as string[]} onChange={onChange} splitChars={[',', ';', '\n']} />
  }
  if (field.list) return <ScalarList field={field} value={(value ?? []) as unknown[]} onChange={onChange} errors={errors} path={path} around={around} />
  if (field.widget === 'MARKDOWN') return <Suspense fallback={<Skeleton h={320} />}><Markdown value={(value ?? '') as string} onChange={text => onChange(text === '' && field.nullable ? null : text)} around={around} /></Suspense>
  return <Scalar field={field} value={value} onChange={onChange} around={around} />
}

/** isKeywords reports whether a list of texts is one of words to find by, rather than of sentences. */
const isKeywords = (field: Field) => field.list && ['STRING', 'ID'].includes(field.kind) && !field.widget
  && (field.filter !== null || field.constraint?.uniqueItems === true)

/** below is the first error of the entries of a list that have no inputs of their own. */
const below = (errors: Errors, path: string) => Object.entries(errors).find(([at]) => at.startsWith(`${path}.`))?.[1]

interface Many<T> { field: Field; value: T; onChange: (value: unknown) => void; errors: Errors; path: string; around: Around }

function ScalarList({ field, value, onChange, errors, path, around }: Many<unknown[]>) {
  const t = useTexts()
  const { schema } = useSite()
  const one = { ...field, list: false, required: true }
  return (
    <FieldGroup {...around}>
      <Reorder items={value} onChange={onChange} nameOf={(_, i) => `${i + 1}`} render={(item, i) => (
        <Group wrap="nowrap" gap={4} align="flex-start">
          <div style={{ flex: 1 }}><Scalar field={one} value={item} onChange={v => onChange(value.toSpliced(i, 1, v))} around={{ error: errors[`${path}.${i}`], 'aria-label': `${word(t, field.label)} ${i + 1}` }} /></div>
          <ActionIcon mt={4} aria-label={`${t.remove} ${i + 1}`} onClick={() => onChange(value.toSpliced(i, 1))}><IconTrash size={16} /></ActionIcon>
        </Group>
      )} />
      <Button mt={4} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange([...value, emptyOf(schema, { ...one, default: null })])}>{t.add}</Button>
    </FieldGroup>
  )
}

function EmbeddedOne({ field, value, onChange, errors, path, around }: Many<Values | null>) {
  const t = useTexts()
  const { schema } = useSite()
  return (
    <FieldGroup {...around}>
      {value
        ? <Paper p="sm" mt={4}>
          <EmbeddedFields of={field.of} value={value} onChange={onChange} errors={errors} path={path} />
          {!field.required && <Button mt="sm" size="compact-sm" variant="subtle" color="gray" leftSection={<IconTrash size={14} />} onClick={() => onChange(null)}>{t.remove}</Button>}
        </Paper>
        : <Button mt={4} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange(emptyEmbedded(schema, field.of))}>{t.add}</Button>}
    </FieldGroup>
  )
}

function EmbeddedList({ field, value, onChange, errors, path, around }: Many<Values[]>) {
  const t = useTexts()
  const { schema } = useSite()
  const label = word(t, schema.embedded(field.of)?.label ?? field.label)
  const name = (item: Values, i: number) => nameOf(item, `${label} ${i + 1}`)
  const change = useLatest((i: number, item: Values) => onChange(value.toSpliced(i, 1, item)))
  return (
    <FieldGroup {...around}>
      <Reorder items={value} onChange={onChange} nameOf={name} render={(item, i) => (
        <Paper p="sm">
          <Group justify="space-between" mb={6}>
            <Text size="xs" fw={600} c="dimmed" truncate>{name(item, i)}</Text>
            <ActionIcon size="sm" aria-label={`${t.remove}: ${name(item, i)}`} onClick={() => onChange(value.toSpliced(i, 1))}><IconTrash size={15} /></ActionIcon>
          </Group>
          <Entry of={field.of} i={i} value={item} change={change} errors={errors} path={path} />
        </Paper>
      )} />
      <Button mt={4} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange([...value, emptyEmbedded(schema, field.of)])}>{t.addOne(label)}</Button>
    </FieldGroup>
  )
}

/** Entry is drawn anew when its own value changes, and no other: so are the fields in it. */
const Entry = memo(function Entry({ of, i, value, change, errors, path }: { of: string | null; i: number; value: Values; change: (i: number, value: Values) => void; errors: Errors; path: string }) {
  return <EmbeddedFields of={of} value={value} onChange={v => change(i, v as Values)} errors={errors} path={`${path}.${i}`} />
})

interface EmbeddedProps { of: string | null; besides?: Field; value: Values; onChange: (value: unknown) => void; errors: Errors; path: string }

/** EmbeddedFields are the inputs of a value inside a document, besides one that is edited elsewhere. */
export function EmbeddedFields({ of, besides, value, onChange, errors, path }: EmbeddedProps) {
  const { schema } = useSite()
  const change = useLatest((name: string, v: unknown) => onChange({ ...value, [name]: v }))
  return (
    <Stack gap="sm">
      {schema.embedded(of)?.fields.filter(f => f.input && !f.hidden && f !== besides).map(f => (
        <Inner key={f.name} field={f} value={value[f.name]} change={change} errors={errors} path={`${path}.${f.input}`} />
      ))}
    </Stack>
  )
}

const Inner = memo(function Inner({ field, value, change, errors, path }: { field: Field; value: unknown; change: (name: string, value: unknown) => void; errors: Errors; path: string }) {
  return <FieldInput field={field} value={value} onChange={v => change(field.name, v)} errors={errors} path={path} />
})
