// Conditions as the argument `where` of lists has them, for records that are here.
import type { Row } from './documents'
import { textOf } from './exact'
import type { Action, Field, Type } from './schema'

type Where = { [name: string]: Where | Where[] | unknown }

const fieldOf = (type: Type, name: string) => type.fields.find(f => f.name === name || f.filter === name)

/** applies reports whether an action is offered for a record; what of it is not known does not speak against it. */
export const applies = (type: Type, action: Action, row: Row): boolean => !action.when || fits(type, row, action.when as Where, true)

/** fits takes unknown for what a condition on something unknown is. */
function fits(type: Type, row: Row, where: Where, unknown: boolean): boolean {
  return Object.entries(where).every(([name, condition]) => {
    switch (name) {
      case 'and': return (condition as Where[]).every(one => fits(type, row, one, unknown))
      case 'or': return (condition as Where[]).some(one => fits(type, row, one, unknown))
      case 'not': return !fits(type, row, condition as Where, !unknown)
    }
    const f = fieldOf(type, name)
    if (!f || row[f.name] === undefined) return unknown
    return Object.entries(condition as object).every(([op, wanted]) => holds(op, valueOf(f, row[f.name]), valueOf(f, wanted)))
  })
}

type Value = string | number | boolean | null | Value[]

/** valueOf is what can be compared of a value. */
function valueOf(f: Field, value: unknown): Value {
  if (Array.isArray(value)) return value.map(one => valueOf(f, one))
  switch (f.kind) {
    case 'INT': case 'INT64': case 'FLOAT': case 'DECIMAL': return value === null ? null : Number(textOf(value))
    case 'TIME': return value === 'NOW' ? new Date().toISOString() : value as Value
    case 'REFERENCE': return ((value as { id?: string } | null)?.id ?? value) as Value
    default: return value as Value
  }
}

function holds(op: string, value: Value, wanted: Value): boolean {
  const all = wanted as Value[]
  const ordered = (order: boolean) => value !== null && wanted !== null && order
  switch (op) {
    case 'eq': return value === wanted
    case 'ne': return value !== wanted
    case 'in': return all.includes(value)
    case 'has': return ((value ?? []) as Value[]).includes(wanted)
    case 'hasSome': return ((value ?? []) as Value[]).some(one => all.includes(one))
    case 'prefix': return String(value).startsWith(String(wanted))
    case 'lt': return ordered(value! < wanted!)
    case 'lte': return ordered(value! <= wanted!)
    case 'gt': return ordered(value! > wanted!)
    case 'gte': return ordered(value! >= wanted!)
  }
  return true
}

const namesIn = (where: Where): string[] => Object.entries(where).flatMap(([name, condition]) => {
  if (name === 'not') return namesIn(condition as Where)
  return name === 'and' || name === 'or' ? (condition as Where[]).flatMap(namesIn) : [name]
})

/** decisive are the fields by which the actions of a type apply to a record. */
export const decisive = (type: Type): Field[] =>
  type.actions.flatMap(action => namesIn((action.when ?? {}) as Where)).map(name => fieldOf(type, name)).filter(f => f !== undefined)
