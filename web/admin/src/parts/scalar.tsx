import { ColorInput, NumberInput, Select, Switch, Textarea, TextInput, type InputWrapperProps, type SelectProps } from '@mantine/core'
import { useState } from 'react'
import type { Field } from '../api/schema'
import { useSite } from '../context'
import { useTexts, word } from '../texts'
import { fromLocal, toLocal, zone } from './time'

/** What stands around an input. */
export type Around = Pick<InputWrapperProps, 'label' | 'description' | 'error' | 'required' | 'withAsterisk'> & { disabled?: boolean; id?: string; comboboxProps?: SelectProps['comboboxProps'] }

interface Props { field: Field; value: unknown; onChange: (value: unknown) => void; around: Around; size?: string }

const textOf = (value: unknown) => (value === null || value === undefined ? '' : String(value))
const inputTypes: Record<string, string> = { EMAIL: 'email', URL: 'url' }
/** Texts longer than this deserve several lines. */
const long = 300

/** Scalar is the input for one value of a field that is neither a reference nor embedded. */
export function Scalar({ field, value, onChange, around: { comboboxProps, ...around }, size }: Props) {
  const t = useTexts()
  const { schema } = useSite()
  const c = field.constraint
  const always = field.required || (field.default !== null && field.default !== undefined) // null would be the default
  switch (field.kind) {
    case 'BOOLEAN':
      return always
        ? <Switch label={around.label} description={around.description} error={around.error} disabled={around.disabled} size={size} checked={value === true} onChange={e => onChange(e.currentTarget.checked)} />
        : <Select {...around} comboboxProps={comboboxProps} size={size} clearable value={value === null || value === undefined ? null : String(value)} onChange={v => onChange(v === null ? null : v === 'true')}
            data={[{ value: 'true', label: t.yes }, { value: 'false', label: t.no }]} />
    case 'ENUM':
      return <Select {...around} comboboxProps={comboboxProps} size={size} clearable={!always} allowDeselect={!always} value={textOf(value) || null} onChange={onChange}
        data={(schema.enum(field.of)?.values ?? []).map(v => ({ value: v.value, label: word(t, v.label) }))} />
    case 'INT': case 'INT64': case 'FLOAT':
      return <NumberInput {...around} size={size} allowDecimal={field.kind === 'FLOAT'} min={c?.min ?? undefined} max={c?.max ?? undefined} clampBehavior="none" hideControls={field.kind !== 'INT'}
        value={typeof value === 'number' ? value : textOf(value)} onChange={v => onChange(v === '' ? null : typeof v === 'number' ? v : Number.isNaN(Number(v)) ? v : Number(v))} />
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
      const set = (text: string) => onChange(text === '' && !field.required ? null : text)
      if (field.widget === 'COLOR') return <ColorInput {...around} size={size} value={textOf(value)} onChange={set} />
      if (field.widget === 'MULTILINE' || field.bulk || (c?.maxLength ?? 0) >= long) {
        return <Textarea {...around} size={size} autosize minRows={2} maxRows={14} value={textOf(value)} onChange={e => set(e.currentTarget.value)} />
      }
      return <TextInput {...around} size={size} type={inputTypes[field.widget ?? c?.format ?? ''] ?? 'text'} value={textOf(value)} onChange={e => set(e.currentTarget.value)} />
    }
  }
}

/** Broken is JSON that is none yet: it is kept as it was typed, and cannot be saved. */
export class Broken {
  constructor(readonly text: string) {}
}

function JsonInput({ value, onChange, around, size }: Omit<Props, 'field'>) {
  const t = useTexts()
  const write = (v: unknown) => (v instanceof Broken ? v.text : v === null || v === undefined ? '' : JSON.stringify(v, null, 2))
  const [text, setText] = useState(write(value))
  const [written, setWritten] = useState(value)
  if (value !== written) { // it was changed from outside
    setWritten(value)
    setText(write(value))
  }
  function change(next: string) {
    let parsed: unknown = null
    try { parsed = next.trim() === '' ? null : JSON.parse(next) } catch { parsed = new Broken(next) }
    setText(next)
    setWritten(parsed)
    onChange(parsed)
  }
  return <Textarea {...around} size={size} autosize minRows={3} maxRows={20} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
    error={around.error ?? (value instanceof Broken ? t.notJson : undefined)} value={text} onChange={e => change(e.currentTarget.value)} />
}
