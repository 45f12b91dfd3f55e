import { Button, CloseButton, Group, Paper, Popover, Select, Stack, TagsInput, Text, UnstyledButton } from '@mantine/core'
import { IconFilter } from '@tabler/icons-react'
import { useState } from 'react'
import type { Reference } from '../api/documents'
import { numberOf, textOf } from '../api/exact'
import { isShown, type Field, type Type } from '../api/schema'
import { useSite } from '../context'
import { RecordSelect } from '../parts/recordSelect'
import { Scalar } from '../parts/scalar'
import { formats, useTexts, word } from '../texts'
import type { Texts } from '../texts/en'
import { byFilter, empty, filled, isMultiple, operatorsOf, type Condition } from './view'

type Names = Map<string, Reference>

/** What can be filtered by, the id last: whoever looks for one has its address. */
function filterable(type: Type): Field[] {
  const fields = type.fields.filter(f => f.filter && f.operators.length > 0 && isShown(f))
  return [...fields.filter(f => f.name !== 'id'), ...fields.filter(f => f.name === 'id')]
}

function operatorText(t: Texts, f: Field, op: string): string {
  return (f.kind === 'TIME' || f.kind === 'DATE' ? t.timeOperators[op] : undefined) ?? t.operators[op] ?? op
}

/** Filters are the conditions of a list, each to change or take away, and a way to add one. */
export function Filters({ type, conditions, names, onChange }: { type: Type; conditions: Condition[]; names: Names; onChange: (conditions: Condition[]) => void }) {
  const t = useTexts()
  const [adding, setAdding] = useState(false)
  const replace = (i: number, by: Condition[]) => onChange(conditions.toSpliced(i, 1, ...by))
  if (filterable(type).length === 0) return null
  return (
    <>
      <Editor type={type} names={names} opened={adding} setOpened={setAdding} onApply={c => onChange([...conditions, c])}>
        <Button variant="default" leftSection={<IconFilter size={15} />} onClick={() => setAdding(!adding)} aria-expanded={adding}>{t.filter}</Button>
      </Editor>
      {conditions.map((c, i) => <Chip key={i} type={type} condition={c} names={names} onApply={next => replace(i, [next])} onRemove={() => replace(i, [])} />)}
    </>
  )
}

interface ChipProps { type: Type; condition: Condition; names: Names; onApply: (condition: Condition) => void; onRemove: () => void }

function Chip({ type, condition, names, onApply, onRemove }: ChipProps) {
  const t = useTexts()
  const { schema } = useSite()
  const [opened, setOpened] = useState(false)
  const f = byFilter(type, condition.field)!
  const show = (value: string) => {
    switch (f.kind) {
      case 'TIME': return formats.time(value)
      case 'DATE': return formats.day(value)
      case 'BOOLEAN': return value === 'true' ? t.yes : t.no
      case 'ENUM': return word(t, schema.enum(f.of)?.values.find(v => v.value === value)?.label ?? value)
      case 'REFERENCE': return names.get(value)?._title ?? value
      default: return value
    }
  }
  return (
    <Editor type={type} names={names} opened={opened} setOpened={setOpened} start={condition} onApply={onApply}>
      <Paper radius="md" h={36} pl="sm" pr={4} bg="var(--mantine-primary-color-light)" style={{ borderColor: 'transparent', display: 'inline-flex', alignItems: 'center' }}>
        <UnstyledButton onClick={() => setOpened(!opened)} aria-expanded={opened}>
          <Text size="sm" span c="var(--mantine-primary-color-light-color)">
            {word(t, f.label)} {operatorText(t, f, condition.op)} <b>{condition.op === empty || condition.op === filled ? '' : condition.values.map(show).join(', ')}</b>
          </Text>
        </UnstyledButton>
        <CloseButton size="sm" ml={4} aria-label={`${t.remove}: ${word(t, f.label)}`} onClick={onRemove} />
      </Paper>
    </Editor>
  )
}

interface EditorProps { type: Type; names: Names; opened: boolean; setOpened: (open: boolean) => void; start?: Condition; onApply: (condition: Condition) => void; children: React.ReactNode }

function Editor({ opened, setOpened, children, ...rest }: EditorProps) {
  return (
    <Popover opened={opened} onChange={setOpened} width={320} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>{children}</Popover.Target>
      <Popover.Dropdown>{opened && <ConditionForm {...rest} close={() => setOpened(false)} />}</Popover.Dropdown>
    </Popover>
  )
}

/** The popover's dropdowns stay inside of it: a click in them is no click outside. */
const within = { comboboxProps: { withinPortal: false } }

function ConditionForm({ type, names, start, onApply, close }: Omit<EditorProps, 'opened' | 'setOpened' | 'children'> & { close: () => void }) {
  const t = useTexts()
  const { schema } = useSite()
  const fields = filterable(type)
  const [name, setName] = useState(start?.field ?? fields[0].filter!)
  const f = byFilter(type, name)!
  const operators = operatorsOf(f)
  const [op, setOp] = useState(start?.op ?? operators[0])
  const [values, setValues] = useState<string[]>(start?.values ?? [])
  const [chosen, setChosen] = useState<Reference[]>(values.map(id => names.get(id) ?? { id }))
  const of = schema.type(f.of)
  const bare = op === empty || op === filled
  const given = f.kind === 'REFERENCE' && of?.list ? chosen.map(r => r.id) : f.kind === 'BOOLEAN' && values.length === 0 ? ['true'] : values
  const pickField = (next: string | null) => {
    if (!next) return
    const nextField = byFilter(type, next)!
    setName(next)
    setOp(operatorsOf(nextField)[0])
    setValues([])
    setChosen([])
  }
  const apply = () => {
    onApply({ field: name, op, values: bare ? [''] : given })
    close()
  }
  const around = { label: t.value }

  return (
    <form onSubmit={e => { e.preventDefault(); apply() }}>
      <Stack gap="sm">
        <Select {...within} label={t.field} searchable openOnFocus={false} allowDeselect={false} value={name} onChange={pickField} data={fields.map(f => ({ value: f.filter!, label: word(t, f.label) }))} data-autofocus />
        <Select {...within} label={t.condition} allowDeselect={false} value={op} onChange={next => next && setOp(next)} data={operators.map(o => ({ value: o, label: operatorText(t, f, o) }))} />
        {!bare && (f.kind === 'REFERENCE' && of?.list
          ? <RecordSelect type={of} multiple={isMultiple(op)} value={chosen} onChange={setChosen} input={{ ...around, ...within }} />
          : isMultiple(op)
            ? f.kind === 'ENUM'
              ? <Many field={f} values={values} onChange={setValues} />
              : <TagsInput {...around} value={values} onChange={setValues} />
            : <Scalar field={{ ...f, list: false, required: f.kind === 'BOOLEAN', bulk: false, kind: f.kind === 'REFERENCE' ? 'ID' : f.kind }} value={valueOf(f, given[0])} onChange={v => setValues(v === null || v === '' ? [] : [textOf(v)])} around={{ ...around, ...within }} />)}
        <Group justify="flex-end"><Button type="submit" disabled={!bare && given.length === 0}>{t.apply}</Button></Group>
      </Stack>
    </form>
  )
}

/** valueOf reads what the address holds, as inputs want it. */
function valueOf(f: Field, text: string | undefined): unknown {
  if (text === undefined) return null
  if (f.kind === 'BOOLEAN') return text === 'true'
  return f.kind === 'INT' || f.kind === 'FLOAT' || f.kind === 'INT64' ? numberOf(text) : text
}

function Many({ field, values, onChange }: { field: Field; values: string[]; onChange: (values: string[]) => void }) {
  const t = useTexts()
  const { schema } = useSite()
  return (
    <Group gap={6} role="group" aria-label={t.value}>
      {schema.enum(field.of)?.values.map(v => {
        const on = values.includes(v.value)
        return <Button key={v.value} size="compact-sm" variant={on ? 'filled' : 'default'} aria-pressed={on}
          onClick={() => onChange(on ? values.filter(x => x !== v.value) : [...values, v.value])}>{word(t, v.label)}</Button>
      })}
    </Group>
  )
}
