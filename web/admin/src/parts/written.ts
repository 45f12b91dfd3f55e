import type { Reference } from '../api/documents'
import { unmark } from '../api/exact'
import { isShown, type Field, type Schema } from '../api/schema'
import { formats, word } from '../texts'
import type { Texts } from '../texts/en'

/** written is a value in words, on lines of their own what is within values. */
export function written(t: Texts, schema: Schema, field: Field, value: unknown): string {
  if (value === null || value === undefined || value === '') return ''
  if (Array.isArray(value)) {
    const each = value.map(one => written(t, schema, { ...field, list: false }, one))
    return field.kind === 'EMBEDDED' ? each.map(text => `• ${indented(text)}`).join('\n') : each.join(', ')
  }
  switch (field.kind) {
    case 'EMBEDDED': return (schema.embedded(field.of)?.fields ?? []).filter(isShown).flatMap(inner => {
      const text = written(t, schema, inner, (value as Record<string, unknown>)[inner.name])
      return text ? [`${word(t, inner.label)}:${inner.kind === 'EMBEDDED' ? '\n  ' : ' '}${indented(text)}`] : []
    }).join('\n')
    case 'REFERENCE': return (value as Reference)._title ?? (value as Reference).id
    case 'ENUM': return word(t, schema.enum(field.of)?.values.find(v => v.value === value)?.label ?? String(value))
    case 'BOOLEAN': return value ? t.yes : t.no
    case 'TIME': return formats.time(String(value))
    case 'DATE': return formats.day(String(value))
    case 'JSON': return unmark(JSON.stringify(value, null, 2))
    default: return String(value)
  }
}

const indented = (text: string) => text.replaceAll('\n', '\n  ')
