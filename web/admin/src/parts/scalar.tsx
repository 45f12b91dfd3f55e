import { ColorInput, NumberInput, Select, Switch, Textarea, TextInput, type InputWrapperProps, type SelectProps } from '@mantine/core'
import { useState } from 'react'
import { mark, numberOf, textOf, unmark } from '../api/exact'
import type { Field } from '../api/schema'
import { useSite } from '../context'
import { useTexts, word } from '../texts'
import { fromLocal, toLocal, zone } from './time'

/** What stands around an input. */
export type Around = Pick<InputWrapperProps, 'label' | 'description' | 'error' | 'required' | 'withAsterisk'> & { 'aria-label'?: string; 'data-autofocus'?: boolean; disabled?: boolean; id?: string; comboboxProps?: SelectProps['comboboxProps'] }

interface Props { field: Field; value: unknown; onChange: (value: unknown) => void; around: Around; size?: string }

/** wholeOf is what somebody types as a whole number: null for nothing, and a text while it is none. */
const wholeOf = (text: string) => (text === '' ? null : /^-?\d+$/.test(text) ? numberOf(text) : text)
const inputTypes: Record<string, string> = { EMAIL: 'email', URL: 'url' }
/** Scalar is the input for one value of a field that is neither a reference nor embedded. */
export function Scalar({ field, value, onChange, around: { comboboxProps, ...around }, size }: Props) {
  const t = useTexts()
  const { schema } = useSite()
  const c = field.constraint
  const always = field.required || (field.default !== null && field.default !== undefined) // null would be the default
  switch (field.kind) {
    case 'BOOLEAN':
      return always
        ? <Switch label={around.label} aria-label={around['aria-label']} description={around.description} error={around.error} disabled={around.disabled} size={size} checked={value === true} onChange={e => onChange(e.currentTarget.checked)} />
        : <Select {...around} comboboxProps={comboboxProps} size={size} clearable value={value === null || value === undefined ? null : String(value)} onChange={v => onChange(v === null ? null : v === 'true')}
            data={[{ value: 'true', label: t.yes }, { value: 'false', label: t.no }]} />
    case 'ENUM':
      return <Select {...around} comboboxProps={comboboxProps} size={size} clearable={!always} allowDeselect={!always} value={textOf(value) || null} onChange={onChange}
        data={(schema.enum(field.of)?.values ?? []).map(v => ({ value: v.value, label: word(t, v.label) }))} />
    case 'INT': case 'FLOAT':
      return <NumberInput {...around} size={size} allowDecimal={field.kind === 'FLOAT'} min={c?.min ?? undefined} max={c?.max ?? undefined} clampBehavior="none" hideControls={field.kind !== 'INT'}
        value={typeof value === 'number' ? value : textOf(value)} onChange={v => onChange(v === '' ? null : typeof v === 'number' || Number.isNaN(Number(v)) ? v : Number(v))} />
    case 'INT64': // an input of numbers would round what is typed
      return <TextInput {...around} size={size} inputMode="numeric" value={textOf(value)} onChange={e => onChange(wholeOf(e.currentTarget.value.trim()))} />
    case 'DECIMAL':
      return <TextInput {...around} size={size} inputMode="decimal" value={textOf(value)} onChange={e => onChange(e.currentTarget.value.trim() || null)} />
    case 'TIME':
      return <TextInput {...around} size={size} type="datetime-local" step={60} rightSectionWidth="auto" description={around.description ?? zone}
        value={toLocal(value as string)} onChange={e => onChange(fromLocal(e.currentTarget.value))} />
    case 'DATE':
      return <TextInput {...around} size={size} type="date" value={textOf(value)} onChange={e => onChange(e.currentTarget.value || null)} />
    case 'JSON':
      return <JsonInput value={value} onChange={onChange} around={around} size={size} />
    default: {
      const set = (text: string) => onChange(text === '' && field.nullable ? null : text)
      return field.widget === 'COLOR'
        ? <ColorInput {...around} size={size} fixOnBlur={false} value={textOf(value)} onChange={set} />
        : <Words field={field} value={textOf(value)} onChange={set} around={around} size={size} />
    }
  }
}

/** Words is a text, on several lines where there are some: an input of one line would join them. */
function Words({ field, value, onChange, around, size }: Omit<Props, 'value' | 'onChange'> & { value: string; onChange: (text: string) => void }) {
  const [hasLines] = useState(() => value.includes('\n'))
  return field.widget === 'MULTILINE' || hasLines
    ? <Textarea {...around} size={size} autosize minRows={2} maxRows={14} value={value} onChange={e => onChange(e.currentTarget.value)} />
    : <TextInput {...around} size={size} type={inputTypes[field.widget ?? field.constraint?.format ?? ''] ?? 'text'} value={value} onChange={e => onChange(e.currentTarget.value)} />
}

/** Broken is JSON that is none yet: it is kept as it was typed, and cannot be saved. */
export class Broken {
  constructor(readonly text: string) {}
}

function JsonInput({ value, onChange, around, size }: Omit<Props, 'field'>) {
  const t = useTexts()
  const write = (v: unknown) => (v instanceof Broken ? v.text : v === null || v === undefined ? '' : unmark(JSON.stringify(v, null, 2)))
  const [text, setText] = useState(write(value))
  const [written, setWritten] = useState(value)
  if (value !== written) { // it was changed from outside
    setWritten(value)
    setText(write(value))
  }
  function change(next: string) {
    let parsed: unknown = null
    try { parsed = next.trim() === '' ? null : JSON.parse(mark(next)) } catch { parsed = new Broken(next) }
    setText(next)
    setWritten(parsed)
    onChange(parsed)
  }
  return <Textarea {...around} size={size} autosize minRows={3} maxRows={20} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
    error={around.error ?? (value instanceof Broken ? t.notJson : undefined)} value={text} onChange={e => change(e.currentTarget.value)} />
}
