// The operations of lists and forms, made of what the schema says.
import { isFile, isReadable, type Field, type Schema, type Type } from './schema'

/** A record as it comes: values by the names of fields. */
export type Row = { id: string; version?: number; _title?: string | null; _uses?: Use[] } & Record<string, unknown>

/** A reference as it comes: what names the record, and what shows it if it is a file. */
export interface Reference { id: string; _title?: string | null; url?: string; contentType?: string; alt?: string }

/** A record that refers to another one; fields are where in it, as inputs name them. */
export interface Use { type: string; fields: string[]; record: { id: string } & Record<string, string | null> }

/** A list of values below values counts ten times each: see the guide to the endpoint. */
const listSize = 10
/** What the values of one field may cost: half of what an operation may. */
const budget = 25_000

/** naming selects what shows a record of the type in few words. */
export function naming(type: Type | undefined): string {
  const title = type?.title ? ` ${selectTitle(type)}` : ''
  return `id${title}${isFile(type) ? ' url contentType alt' : ''}`
}

/** select is what a field selects; "" for what is not asked for. */
export function select(schema: Schema, field: Field): string {
  if (!isReadable(field) || field.kind === 'CONNECTION' || field.kind === 'COMPUTED') return ''
  if (field.kind === 'REFERENCE') return `${field.name} { ${naming(schema.type(field.of))} }`
  if (field.kind !== 'EMBEDDED') return field.name
  return `${field.name} { ${selectEmbedded(schema, field, budget / (field.list ? listSize : 1))} }`
}

/** least is what a value costs of which is asked only whether there is something below. */
const least = (fields: Field[]) => fields.reduce((sum, f) => sum + (f.kind === 'EMBEDDED' && f.list ? listSize : f.kind === 'REFERENCE' ? 3 : 1), 0)

/** levelsOf is how many levels of a tree are asked for. */
export function levelsOf(schema: Schema, field: Field): number {
  const cost = least(schema.embedded(field.of)?.fields ?? [])
  let levels = 1
  for (let rest = budget / listSize ** 2; rest >= cost; rest /= listSize) levels++
  return levels
}

/** Trees go as deep as they may cost; what is deeper is asked only whether it is there. */
function selectEmbedded(schema: Schema, field: Field, budget: number): string {
  const fields = schema.embedded(field.of)?.fields ?? []
  const parts = fields.map(f => {
    if (f.kind !== 'EMBEDDED') return select(schema, f)
    const rest = budget / (f.list ? listSize : 1)
    return rest < least(schema.embedded(f.of)?.fields ?? []) ? `${f.name} { __typename }` : `${f.name} { ${selectEmbedded(schema, f, rest)} }`
  })
  return parts.filter(Boolean).join(' ') || '__typename'
}

const upper = (name: string) => name[0].toUpperCase() + name.slice(1)
const inputOf = (mutation: string) => `${upper(mutation)}Input`

export interface ListVariables {
  first?: number; last?: number; after?: string; before?: string
  where?: object; orderBy?: object; search?: string; named: string[]
}

/** listDocument asks for a page, and for the names of records that its filter mentions. */
export function listDocument(schema: Schema, type: Type, fields: Field[], mentioned: (Type | undefined)[], withUses = false): string {
  const order = type.orders.length > 0
  const variables = [
    '$first: Int', '$last: Int', '$after: String', '$before: String', `$where: ${type.name}Where`,
    order && `$orderBy: ${type.name}Order`, type.search && '$search: String', mentioned.length > 0 && '$named: [ID!]!',
  ].filter(Boolean)
  const args = ['first: $first', 'last: $last', 'after: $after', 'before: $before', 'where: $where',
    order && 'orderBy: $orderBy', type.search && 'search: $search'].filter(Boolean)
  const types = [...new Set(mentioned)].filter(t => t !== undefined)
  const names = mentioned.length > 0 &&
    `named: nodes(ids: $named) { __typename id ${selectTitles(types)} ${types.filter(isFile).map(t => `... on ${t.name} { url contentType alt }`).join(' ')} }`
  return `query List(${variables.join(', ')}) {
    viewer { id }
    list: ${type.list}(${args.join(', ')}) {
      nodes { ${naming(type)} ${fields.map(f => select(schema, f)).filter(Boolean).join(' ')} ${withUses ? selectUses(schema, type, `${fewUses}`) : ''} }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
    ${names || ''}
  }`
}

/** titleOf is what a record is called. */
export const titleOf = (row: Row, untitled: string) => row._title || untitled

const selectTitle = (type: Type) => (type.title ? `_title: ${type.title}` : '')

export function countDocument(type: Type): string {
  return `query Count($where: ${type.name}Where${type.search ? ', $search: String' : ''}) {
    list: ${type.list}(where: $where${type.search ? ', search: $search' : ''}) { totalCount(exact: false) }
  }`
}

/** pickDocument finds records to refer to. */
export function pickDocument(type: Type): string {
  const by = type.search ? ['$search: String', 'search: $search'] : [`$where: ${type.name}Where`, 'where: $where']
  return `query Pick($first: Int, ${by[0]}) { list: ${type.list}(first: $first, ${by[1]}) { nodes { ${naming(type)} } } }`
}

/** selectRecord is everything that a form holds. */
const selectRecord = (schema: Schema, type: Type) =>
  `id version ${selectTitle(type)} ${type.fields.filter(f => f.name !== 'id' && f.name !== 'version').map(f => select(schema, f)).filter(Boolean).join(' ')}${isFile(type) ? ' url' : ''}`

export function recordDocument(schema: Schema, type: Type): string {
  return type.singleton
    ? `query Record { viewer { id } record: ${type.one} { ${selectRecord(schema, type)} } }`
    : `query Record($id: ID!) { viewer { id } record: ${type.one}(id: $id) { ${selectRecord(schema, type)} } }`
}

/** So many uses are told of a record in a list. */
export const fewUses = 10

/** selectTitles selects the titles of records of several types, each by the name of its type: it may be null in some. */
const selectTitles = (types: Type[]) => types.filter(t => t.title).map(t => `... on ${t.name} { ${t.name}: ${t.title} }`).join(' ')

/** selectUses selects where a record is used, as _uses. */
function selectUses(schema: Schema, type: Type, first: string): string {
  return type.uses ? `_uses: ${type.uses}(first: ${first}) { type fields record { id ${selectTitles(schema.types.filter(t => t.read !== 'NONE'))} } }` : ''
}

/** usesDocument asks where records of a type are used. */
export function usesDocument(schema: Schema, type: Type): string {
  return `query Uses($ids: [ID!]!, $first: Int!) { viewer { id } list: nodes(ids: $ids) { ... on ${type.name} { id ${selectUses(schema, type, '$first')} } } }`
}

/** exportDocument asks for a page of whole records. */
export function exportDocument(schema: Schema, type: Type, fields: Field[]): string {
  return listDocument(schema, type, fields, [])
}

/** A mutation that answers with a record, and beside it with what it tells once. */
export interface Mutation { name: string; payload: string; tells: string[] }

/** changeDocument is a mutation that answers with the record, as payload.record. */
export function changeDocument(schema: Schema, type: Type, { name, payload, tells }: Mutation): string {
  return `mutation Change($input: ${inputOf(name)}!) {
    payload: ${name}(input: $input) { record: ${payload} { ${selectRecord(schema, type)} } ${tells.join(' ')} }
  }`
}

/** bulkDocument runs a mutation for n records, each by itself: m0, m1, … */
export function bulkDocument(mutation: string, n: number): string {
  const numbers = Array.from({ length: n }, (_, i) => i)
  return `mutation Bulk(${numbers.map(i => `$i${i}: ${inputOf(mutation)}!`).join(', ')}) {
    ${numbers.map(i => `m${i}: ${mutation}(input: $i${i}) { __typename }`).join('\n')}
  }`
}

export function changedDocument(type: Type): string {
  return type.singleton
    ? `subscription Changed { changed: ${type.changed} { kind changedId } }`
    : `subscription Changed($where: ${type.name}Where) { changed: ${type.changed}(where: $where) { kind changedId } }`
}
