// What mutations take, and what a new record begins with.
import type { Reference, Row } from '../api/documents'
import { isExact } from '../api/exact'
import type { Field, Schema, Type } from '../api/schema'
import { Broken } from '../parts/scalar'
import type { Values } from './draft'

/** inputOf is a value as mutations take it: references by their ids, embedded values by their inputs. */
export function inputOf(schema: Schema, field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return field.list ? [] : null
  if (field.list) return (value as unknown[]).map(one => inputOf(schema, { ...field, list: false }, one))
  if (field.kind === 'REFERENCE') return (value as Reference).id
  if (field.kind !== 'EMBEDDED') return value
  const fields = schema.embedded(field.of)?.fields ?? []
  return Object.fromEntries(fields.filter(f => f.input).map(f => [f.input, inputOf(schema, f, (value as Values)[f.name])]))
}

/** emptyOf is what an input shows for a field that has no value yet. */
export function emptyOf(schema: Schema, field: Field): unknown {
  if (field.default !== null && field.default !== undefined) return field.default
  if (field.list) return []
  if (field.required && field.kind === 'BOOLEAN') return false
  if (field.required && field.kind === 'EMBEDDED') return emptyEmbedded(schema, field.of)
  return null
}

/** nameOf is what an embedded value may be called by: the first text in it. */
export const nameOf = (value: Values, otherwise: string): string => (Object.values(value).find(v => typeof v === 'string' && v && !isExact(v)) as string | undefined) ?? otherwise

export const emptyEmbedded = (schema: Schema, of: string | null): Values =>
  Object.fromEntries((schema.embedded(of)?.fields ?? []).map(f => [f.name, emptyOf(schema, f)]))

export const editable = (type: Type, isNew: boolean) => type.fields.filter(f => f.input && !f.hidden && (isNew ? f.onCreate : f.onUpdate))

export const emptyRecord = (schema: Schema, type: Type): Values =>
  Object.fromEntries(editable(type, true).map(f => [f.name, emptyOf(schema, f)]))

export function hasBroken(value: unknown): boolean {
  if (value instanceof Broken) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBroken)
}

/** isCut reports whether a tree is deeper than was asked for: it cannot be edited without loss. */
export function isCut(schema: Schema, field: Field, value: unknown): boolean {
  if (field.kind !== 'EMBEDDED' || value === null || value === undefined) return false
  if (field.list) return (value as unknown[]).some(one => isCut(schema, { ...field, list: false }, one))
  const fields = schema.embedded(field.of)?.fields ?? []
  if (fields.length > 0 && fields.every(f => !(f.name in (value as Values)))) return true
  return fields.some(f => isCut(schema, f, (value as Values)[f.name]))
}

/** creation is what a create takes: what was given. */
export function creation(schema: Schema, type: Type, values: Values): Values {
  const given = editable(type, true).map(f => [f.input!, inputOf(schema, f, values[f.name])] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)))
}

/** update is what an update takes: what was changed, pinned to the version that was read. */
export function update(schema: Schema, type: Type, base: Row, values: Values, dirty: string[]): Values {
  const changed = editable(type, false).filter(f => dirty.includes(f.name)).map(f => [f.input!, inputOf(schema, f, values[f.name])])
  return { ...(type.singleton ? {} : { id: base.id }), expectedVersion: base.version, ...Object.fromEntries(changed) }
}

/** emptied are the inputs of fields that an update would leave as they are, for they are never null. */
export const emptied = (fields: Field[], values: Values): string[] =>
  fields.filter(f => !f.nullable && !f.list && (values[f.name] ?? null) === null).map(f => f.input!)

/** missing are the paths of what must be given and is not. */
export const missing = (schema: Schema, fields: Field[], values: Values, path = ''): string[] =>
  fields.filter(f => f.input).flatMap(f => absent(schema, f, values[f.name], path + f.input))

function absent(schema: Schema, field: Field, value: unknown, at: string): string[] {
  if (field.list) return ((value ?? []) as unknown[]).flatMap((one, i) => absent(schema, { ...field, list: false, required: true }, one, `${at}.${i}`))
  if (value === null || value === undefined || value === '') return field.required && field.kind !== 'BOOLEAN' ? [at] : []
  return field.kind === 'EMBEDDED' ? missing(schema, schema.embedded(field.of)?.fields ?? [], value as Values, `${at}.`) : []
}
