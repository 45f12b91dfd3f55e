// What a list shows, as its address says it:
//   ?search=ferry&status.eq=DRAFT&date.gte=2026-01-01T00:00:00Z&sort=-date&columns=title,status&size=50&after=…
import { numberOf } from '../api/exact'
import { field, isAccount, isShown, ownsFirst, type Direction, type Field, type Schema, type Type } from '../api/schema'
import type { ListVariables } from '../api/documents'
import { recall } from '../kept'

/** A condition on a field; operators that take a list have several values. */
export interface Condition { field: string; op: string; values: string[] }

export interface View {
  search: string
  mine: boolean
  conditions: Condition[]
  sort?: { field: string; direction: Direction }
  columns: string[]
  table: boolean // and no grid, of files
  size: number
  after?: string
  before?: string
}

export const sizes = [25, 50, 100]
const mostColumns = 6

/** Operators of ours beside the schema's: `eq: null`, and its contrary. */
export const empty = 'empty'
export const filled = 'filled'
export const isMultiple = (op: string) => op === 'in' || op === 'hasSome'

/** operatorsOf are the conditions that can be put on a field. */
export const operatorsOf = (f: Field) =>
  f.operators.includes('eq') && !f.required && f.kind !== 'BOOLEAN' ? [...f.operators, empty, filled] : f.operators

/** byFilter is the field that a filter of the list is about. */
export const byFilter = (type: Type, name: string) => type.fields.find(f => f.filter === name)

export function defaultColumns(type: Type): string[] {
  const listed = type.fields.filter(f => isShown(f) && f.listed && !f.bulk)
  const title = type.fields.filter(f => f.name === type.title)
  return [...new Set([...title, ...listed])].slice(0, mostColumns).map(f => f.name)
}

export function readView(type: Type, params: URLSearchParams): View {
  const sort = params.get('sort')?.match(/^(-?)(.+)$/)
  const chosen = (params.get('columns')?.split(',') ?? recall<string[]>(`columns.${type.name}`) ?? []).filter(name => field(type, name))
  const size = Number(params.get('size') ?? recall<number>('size'))
  const whose = params.get('whose')
  return {
    search: params.get('search') ?? '',
    mine: whose ? whose === 'mine' : ownsFirst(type),
    conditions: [...new Set(params.keys())].flatMap(key => {
      const [name, op] = key.split('.')
      return op && byFilter(type, name) ? [{ field: name, op, values: params.getAll(key) }] : []
    }),
    sort: sort && type.orders.some(o => o.field === sort[2]) ? { field: sort[2], direction: sort[1] ? 'DESC' : 'ASC' } : undefined,
    columns: chosen.length > 0 ? chosen : defaultColumns(type),
    table: params.get('as') === 'table',
    size: sizes.includes(size) ? size : sizes[0],
    after: params.get('after') ?? undefined,
    before: params.get('before') ?? undefined,
  }
}

/** writeView is the address of a view; what is as usual is not said. */
export function writeView(type: Type, view: View): string {
  const params = new URLSearchParams()
  const usual = readView(type, params)
  if (view.search) params.set('search', view.search)
  for (const { field, op, values } of view.conditions) values.forEach(value => params.append(`${field}.${op}`, value))
  if (view.sort) params.set('sort', (view.sort.direction === 'DESC' ? '-' : '') + view.sort.field)
  if (view.columns.join() !== usual.columns.join()) params.set('columns', view.columns.join(','))
  if (view.table) params.set('as', 'table')
  if (view.size !== usual.size) params.set('size', String(view.size))
  if (view.after) params.set('after', view.after)
  if (view.before) params.set('before', view.before)
  // What is usual differs between readers: an address that says anything says this too.
  if (view.mine !== usual.mine || (params.size > 0 && type.owner && !isAccount(type))) params.set('whose', view.mine ? 'mine' : 'all')
  return params.size > 0 ? `?${params}` : ''
}

export const isNarrowed = (view: View) => view.search !== '' || view.conditions.length > 0

function typed(f: Field, value: string): unknown {
  switch (f.kind) {
    case 'INT': case 'INT64': case 'FLOAT': return numberOf(value)
    case 'BOOLEAN': return value === 'true'
    default: return value
  }
}

function conditionOf(f: Field, { field, op, values }: Condition): object {
  if (op === empty) return { [field]: { eq: null } }
  if (op === filled) return { not: { [field]: { eq: null } } }
  const given = values.map(value => typed(f, value))
  return { [field]: { [op]: isMultiple(op) ? given : given[0] } }
}

/** whereOf is the filter of a view, as the list takes it. */
export function whereOf(type: Type, view: View, viewerId: string): object | undefined {
  const parts = view.conditions.map(c => conditionOf(byFilter(type, c.field)!, c))
  if (view.mine && type.owner) parts.push({ [type.owner]: { eq: viewerId } })
  return parts.length > 1 ? { and: parts } : parts[0]
}

/** orderOf is what the list is sorted by: what fits best when somebody searches. */
export function orderOf(type: Type, view: View): object | undefined {
  if (view.sort) {
    const order = type.orders.find(o => o.field === view.sort?.field)
    return order && { field: order.value, direction: view.sort.direction }
  }
  const relevance = type.orders.find(o => o.field === null)
  return view.search && relevance ? { field: relevance.value, direction: 'DESC' } : undefined
}

/** mentioned are the records that the conditions name by id, and their types. */
export function mentioned(schema: Schema, type: Type, view: View) {
  const named = view.conditions.flatMap(c => {
    const f = byFilter(type, c.field)
    return f?.kind === 'REFERENCE' ? c.values.map(id => ({ id, type: schema.type(f.of) })) : []
  })
  return { ids: [...new Set(named.map(n => n.id))], types: named.map(n => n.type) }
}

export function variablesOf(schema: Schema, type: Type, view: View, viewerId: string): ListVariables {
  return {
    ...(view.before ? { last: view.size, before: view.before } : { first: view.size, after: view.after }),
    where: whereOf(type, view, viewerId),
    orderBy: orderOf(type, view),
    search: view.search || undefined,
    named: mentioned(schema, type, view).ids,
  }
}
