// Operations on a type, ready to copy. They are what the endpoint guide describes, with
// the fields of the type in place.
import { actionsOf, field, isReadable, type Field, type Schema, type Type } from './schema'
import { endpoint } from './request'

export interface Snippet { name: string; query: string; variables: Record<string, unknown> }

const upper = (name: string) => name[0].toUpperCase() + name.slice(1)

const graphqlNames: Partial<Record<Field['kind'], string>> = {
  STRING: 'String', ID: 'ID', INT: 'Int', INT64: 'Int64', FLOAT: 'Float', BOOLEAN: 'Boolean', TIME: 'Time', DATE: 'Date', DECIMAL: 'Decimal', JSON: 'JSON', COMPUTED: 'String',
}

/** declaration is the type as a client sees it. */
export function declaration(type: Type): string {
  const lines = type.fields.filter(f => !f.hidden || f.name === 'id' || f.name === 'version').map(f => {
    const name = f.kind === 'CONNECTION' ? `${f.of}Connection` : graphqlNames[f.kind] ?? f.of
    const one = f.list ? `[${name}!]!` : `${name}${f.required && f.kind !== 'REFERENCE' ? '!' : ''}`
    return `  ${f.name}: ${one}`
  })
  return `type ${type.name} {\n${lines.join('\n')}\n}`
}

/** selection are the fields that need no arguments, references by what names them. */
function selection(schema: Schema, type: Type): string {
  return ['id', ...type.fields.filter(f => isReadable(f) && !f.hidden && f.name !== 'id' && f.name !== 'version').flatMap(f => {
    if (f.kind === 'CONNECTION' || f.kind === 'EMBEDDED') return []
    if (f.kind !== 'REFERENCE') return [f.name]
    return [`${f.name} { id${schema.type(f.of)?.title ? ` ${schema.type(f.of)!.title}` : ''} }`]
  }), ...(field(type, 'version') ? ['version'] : [])].join(' ')
}

/** example is a value that a field may have. */
function example(schema: Schema, f: Field): unknown {
  const one = () => {
    switch (f.kind) {
      case 'INT': case 'INT64': case 'FLOAT': return Number(f.constraint?.min ?? 1)
      case 'BOOLEAN': return true
      case 'TIME': return '2026-01-31T12:00:00Z'
      case 'DATE': return '2026-01-31'
      case 'DECIMAL': return '19.90'
      case 'JSON': return {}
      case 'ENUM': return schema.enum(f.of)?.values[0]?.value
      case 'REFERENCE': case 'ID': return '…'
      case 'EMBEDDED': return Object.fromEntries((schema.embedded(f.of)?.fields ?? []).filter(inner => inner.required && inner.kind !== 'EMBEDDED').map(inner => [inner.input ?? inner.name, example(schema, inner)]))
      default: return f.label
    }
  }
  return f.list ? [one()] : one()
}

/** snippets are the operations that the viewer may carry out. */
export function snippets(schema: Schema, type: Type): Snippet[] {
  const all = selection(schema, type)
  const given = (fields: Field[]) => Object.fromEntries(fields.map(f => [f.input ?? f.name, example(schema, f)]))
  const list: Snippet[] = []
  const add = (name: string, query: string, variables: Record<string, unknown> = {}) => list.push({ name, query, variables })
  const mutate = (name: string, payload: string, input: Record<string, unknown>) =>
    add(name, `mutation ${upper(name)}($input: ${upper(name)}Input!) {\n  ${name}(input: $input) {\n    ${payload}\n  }\n}`, { input })
  if (type.list) {
    const search = type.search ? ', $search: String' : ''
    add(type.list, `query ${upper(type.list)}($first: Int, $after: String${search}) {\n  ${type.list}(first: $first, after: $after${type.search ? ', search: $search' : ''}) {\n    nodes { ${all} }\n    pageInfo { hasNextPage endCursor }\n  }\n}`, { first: 20 })
    add(type.one, `query ${type.name}($id: ID!) {\n  ${type.one}(id: $id) { ${all} }\n}`, { id: '…' })
  } else {
    add(type.one, `query ${type.name} {\n  ${type.one} { ${all} }\n}`)
  }
  const payload = `${type.one} { id }`
  if (type.createMutation) mutate(type.createMutation, payload, given(type.fields.filter(f => f.onCreate && f.required)))
  if (type.updateMutation) {
    mutate(type.updateMutation, payload, { ...(type.singleton ? {} : { id: '…' }), expectedVersion: 1, ...given(type.fields.filter(f => f.onUpdate).slice(0, 1)) })
  }
  if (type.deleteMutation) mutate(type.deleteMutation, 'deletedId', { id: '…' })
  for (const a of actionsOf(type)) mutate(a.name, `${a.payload} { id }`, { id: '…', ...given(a.fields.filter(f => f.required)) })
  if (type.changed) add(type.changed, `subscription ${upper(type.changed)} {\n  ${type.changed} {\n    kind\n    changedId\n    ${type.one} { ${all} }\n  }\n}`)
  return list
}

/** curl is a shell command that sends the operation. */
export function curl({ query, variables }: Snippet): string {
  const body = JSON.stringify({ query: query.replace(/\s+/g, ' '), variables }).replaceAll("'", "'\\''")
  return `curl ${endpoint} \\\n  -H 'Content-Type: application/json' -H "Authorization: Bearer $TOKEN" \\\n  -d '${body}'`
}

/** typed is the operation in TypeScript, for graphql-codegen's client preset or gql.tada. */
export function typed({ query, variables }: Snippet): string {
  const name = query.match(/^\w+ (\w+)/)![1]
  const kind = query.startsWith('mutation') ? 'mutation' : query.startsWith('subscription') ? 'subscription' : 'query'
  const run = kind === 'subscription' ? `client.subscription(${name}, {}).subscribe(({ data }) => { … })` : `const { data, error } = await client.${kind}(${name}, ${JSON.stringify(variables)})`
  return `import { graphql } from './graphql'\n\nconst ${name} = graphql(\`\n${query.replace(/^/gm, '  ')}\n\`)\n\n${run}`
}
