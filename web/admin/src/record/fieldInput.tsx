import { ActionIcon, Button, Group, Input, Paper, Skeleton, Stack, TagsInput, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'
import type { Reference } from '../api/documents'
import { isFile, type Field } from '../api/schema'
import { useSite } from '../context'
import { Scalar, type Around } from '../parts/scalar'
import { useTexts, word } from '../texts'
import type { Errors, Values } from './draft'
import { FilePicker } from './filePicker'
import { emptyEmbedded, emptyOf, isCut } from './input'
import { RelationPicker } from './relationPicker'
import { Reorder } from './reorder'

const Markdown = lazy(() => import('../markdown/editor'))

interface Props { field: Field; value: unknown; onChange: (value: unknown) => void; errors: Errors; path: string; label?: boolean }

/** FieldInput is the input for what a field holds, of any kind, with the errors below its path. */
export function FieldInput({ field, value, onChange, errors, path, label = true }: Props) {
  const t = useTexts()
  const { schema } = useSite()
  const name = word(t, field.label)
  const around: Around = {
    label: label ? name : undefined, description: label ? hint(field) : undefined, required: field.required && field.kind !== 'BOOLEAN' && !field.list,
    error: errors[path], id: `field-${path}`,
  }
  if (isCut(schema, field, value)) return <Input.Wrapper {...around}><Text size="sm" c="dimmed">{t.tooDeep}</Text></Input.Wrapper>

  if (field.kind === 'REFERENCE') {
    const of = schema.type(field.of)
    if (!of?.list) return <Scalar field={{ ...field, kind: 'ID' }} value={(value as Reference | null)?.id} onChange={id => onChange(id ? { id } : null)} around={around} />
    const chosen = (field.list ? value ?? [] : value ? [value] : []) as Reference[]
    const choose = (next: Reference[]) => onChange(field.list ? next : next[0] ?? null)
    const Picker = isFile(of) ? FilePicker : RelationPicker
    return <Picker type={of} multiple={field.list} value={chosen} onChange={choose} around={around} />
  }
  if (field.kind === 'EMBEDDED') {
    return field.list
      ? <EmbeddedList field={field} value={(value ?? []) as Values[]} onChange={onChange} errors={errors} path={path} around={around} />
      : <EmbeddedOne field={field} value={value as Values | null} onChange={onChange} errors={errors} path={path} around={around} />
  }
  if (field.list && (field.kind === 'STRING' || field.kind === 'ID') && !field.widget) {
    return <TagsInput {...around} error={around.error ?? below(errors, path)} value={(value ?? []) as string[]} onChange={onChange} splitChars={[',', ';', '\n']} />
  }
  if (field.list) return <ScalarList field={field} value={(value ?? []) as unknown[]} onChange={onChange} errors={errors} path={path} around={around} />
  if (field.widget === 'MARKDOWN') return <Suspense fallback={<Skeleton h={320} />}><Markdown value={(value ?? '') as string} onChange={onChange} around={around} /></Suspense>
  return <Scalar field={field} value={value} onChange={onChange} around={around} />
}

/** hint is the beginning of a description: forms are no manuals. */
function hint(field: Field): string | undefined {
  const first = field.description.split(/(?<=[.;:])\s|\n\n/)[0].replaceAll('`', '').replaceAll('\n', ' ').replace(/[;:.]$/, '')
  return first && first.length < 120 ? first : undefined
}

/** below is the first error of the entries of a list that have no inputs of their own. */
const below = (errors: Errors, path: string) => Object.entries(errors).find(([at]) => at.startsWith(`${path}.`))?.[1]

interface Many<T> { field: Field; value: T; onChange: (value: unknown) => void; errors: Errors; path: string; around: Around }

function ScalarList({ field, value, onChange, errors, path, around }: Many<unknown[]>) {
  const t = useTexts()
  const one = { ...field, list: false, required: true }
  return (
    <Input.Wrapper {...around} labelElement="div">
      <Reorder items={value} onChange={onChange} nameOf={(_, i) => `${i + 1}`} render={(item, i) => (
        <Group wrap="nowrap" gap={4} align="flex-start">
          <div style={{ flex: 1 }}><Scalar field={one} value={item} onChange={v => onChange(value.toSpliced(i, 1, v))} around={{ error: errors[`${path}.${i}`], label: <span className="hidden">{word(t, field.label)} {i + 1}</span> }} /></div>
          <ActionIcon mt={4} aria-label={`${t.remove} ${i + 1}`} onClick={() => onChange(value.toSpliced(i, 1))}><IconTrash size={16} /></ActionIcon>
        </Group>
      )} />
      <Button mt={4} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange([...value, emptyOf({ ...one, default: null })])}>{t.add}</Button>
    </Input.Wrapper>
  )
}

function EmbeddedOne({ field, value, onChange, errors, path, around }: Many<Values | null>) {
  const t = useTexts()
  const { schema } = useSite()
  return (
    <Input.Wrapper {...around} labelElement="div">
      {value
        ? <Paper p="sm" mt={4}>
          <EmbeddedFields of={field.of} value={value} onChange={onChange} errors={errors} path={path} />
          {!field.required && <Button mt="sm" size="compact-sm" variant="subtle" color="gray" leftSection={<IconTrash size={14} />} onClick={() => onChange(null)}>{t.remove}</Button>}
        </Paper>
        : <Button mt={4} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange(emptyEmbedded(schema, field.of))}>{t.add}</Button>}
    </Input.Wrapper>
  )
}

function EmbeddedList({ field, value, onChange, errors, path, around }: Many<Values[]>) {
  const t = useTexts()
  const { schema } = useSite()
  const label = word(t, schema.embedded(field.of)?.label ?? field.label)
  const nameOf = (item: Values, i: number) => Object.values(item).find(v => typeof v === 'string' && v) as string | undefined ?? `${label} ${i + 1}`
  return (
    <Input.Wrapper {...around} labelElement="div">
      <Reorder items={value} onChange={onChange} nameOf={nameOf} render={(item, i) => (
        <Paper p="sm">
          <Group justify="space-between" mb={6}>
            <Text size="xs" fw={600} c="dimmed" truncate>{nameOf(item, i)}</Text>
            <ActionIcon size="sm" aria-label={`${t.remove}: ${nameOf(item, i)}`} onClick={() => onChange(value.toSpliced(i, 1))}><IconTrash size={15} /></ActionIcon>
          </Group>
          <EmbeddedFields of={field.of} value={item} onChange={v => onChange(value.toSpliced(i, 1, v as Values))} errors={errors} path={`${path}.${i}`} />
        </Paper>
      )} />
      <Button mt={4} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange([...value, emptyEmbedded(schema, field.of)])}>{t.addOne(label)}</Button>
    </Input.Wrapper>
  )
}

function EmbeddedFields({ of, value, onChange, errors, path }: { of: string | null; value: Values; onChange: (value: unknown) => void; errors: Errors; path: string }) {
  const { schema } = useSite()
  return (
    <Stack gap="sm">
      {schema.embedded(of)?.fields.filter(f => f.input && !f.hidden).map(f => (
        <FieldInput key={f.name} field={f} value={value[f.name]} onChange={v => onChange({ ...value, [f.name]: v })} errors={errors} path={`${path}.${f.input}`} />
      ))}
    </Stack>
  )
}
