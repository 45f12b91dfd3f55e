// What an app with react-admin gives to ra-data-graphql-simple, so that it asks in
// connections, inputs and payloads.
import { parse } from 'graphql'
import pluralize from 'pluralize'

const lower = name => name[0].toLowerCase() + name.slice(1)
const list = type => lower(pluralize(type.name))

// options are those of the data provider. Mutations have the names that it expects.
// Apollo's cache is left out, for react-admin has its own.
export const options = {
  buildQuery: introspection => (...asked) => buildQuery(introspection, ...asked),
  introspection: {
    operationNames: { GET_ONE: type => lower(type.name), GET_LIST: list, GET_MANY: list, GET_MANY_REFERENCE: list },
    exclude: type => !type.interfaces?.some(({ name }) => name === 'Node'), // they have no id
  },
  query: { fetchPolicy: 'no-cache' },
}

function buildQuery(introspection, fetch, name, params) {
  const resource = introspection.resources.find(({ type }) => type.name === name)
  const operation = resource?.[fetch]
  if (!operation) throw new Error(`There is no operation ${fetch} of ${name}.`)
  const { types } = introspection
  const given = Object.entries(variables(types, fetch, operation, params)).filter(([, value]) => value !== undefined)
  const args = operation.args.filter(arg => given.some(([name]) => name === arg.name))
  const wrap = (args, text) => args.length ? `(${args.map(text)})` : ''
  const mutation = ['CREATE', 'UPDATE', 'DELETE'].includes(fetch)
  return {
    query: parse(`${mutation ? 'mutation' : 'query'} ${operation.name}${wrap(args, arg => `$${arg.name}: ${written(arg.type)}`)} {
      answer: ${operation.name}${wrap(args, arg => `${arg.name}: $${arg.name}`)} { ${selection(introspection, resource.type, fetch, params)} }
    }`),
    variables: Object.fromEntries(given),
    parseResponse: ({ data: { answer } }) => {
      switch (fetch) {
        case 'GET_ONE': return { data: answer }
        case 'CREATE': case 'UPDATE': return { data: answer[lower(name)] }
        case 'DELETE': return { data: { id: answer.deletedId } }
        default: return { data: answer.nodes, total: answer.totalCount, endCursor: answer.pageInfo.endCursor }
      }
    },
  }
}

function variables(types, fetch, operation, params) {
  switch (fetch) {
    case 'GET_ONE': return { id: params.id }
    case 'GET_MANY': return { where: { id: { in: params.ids } }, first: params.ids.length }
    case 'CREATE': return { input: changes(types, operation, params.data, {}) }
    case 'UPDATE': return { input: { id: params.id, ...changes(types, operation, params.data, params.previousData ?? {}) } }
    case 'DELETE': return { input: { id: params.id } }
  }
  const { q: search, ...filter } = { ...params.filter, ...(params.target && { [params.target]: params.id }) }
  return {
    where: conditions(types, operation, filter), search, orderBy: order(types, operation, params.sort),
    first: params.pagination.perPage, after: params.meta?.after,
  }
}

// conditions makes a filter such as {tags: 'x', status: ['DRAFT'], date: {gt: '…'}} the
// argument where.
function conditions(types, operation, filter) {
  return Object.fromEntries(Object.entries(filter).map(([name, value]) => {
    const field = fields(types, operation, 'where').find(f => f.name === name)
    if (!field) throw new Error(`${operation.name} has no condition on ${name}.`)
    const many = Array.isArray(value)
    if (!many && value !== null && typeof value === 'object') return [name, value]
    if (named(field.type).endsWith('ListFilter')) return [name, { [many ? 'hasSome' : 'has']: value }]
    return [name, { [many ? 'in' : 'eq']: value }]
  }))
}

// order leaves out what there is no order by, as the id, by which react-admin asks.
function order(types, operation, sort) {
  const field = fields(types, operation, 'orderBy').find(f => f.name === 'field')
  const name = sort?.field.replace(/[A-Z]/g, '_$&').toUpperCase()
  const known = types.find(t => t.name === named(field.type)).enumValues.some(value => value.name === name)
  return known ? { field: name, direction: sort.order } : undefined
}

// changes are the fields of an input whose value in the record is another one now.
function changes(types, operation, record, previous) {
  return Object.fromEntries(fields(types, operation, 'input')
    .map(({ name }) => [name, valueOf(record, name), valueOf(previous, name)])
    .filter(([, now, then]) => now !== undefined && JSON.stringify(now) !== JSON.stringify(then)))
}

// A record has author { id } and photos { id }, an input authorId and photoIds; and a
// record of Apollo has a __typename.
function valueOf(record, name) {
  if (name in record) return record[name] && JSON.parse(JSON.stringify(record[name], (key, value) => key === '__typename' ? undefined : value))
  if (name.endsWith('Id')) return record[name.slice(0, -2)]?.id
  if (name.endsWith('Ids')) return record[pluralize(name.slice(0, -3))]?.map(({ id }) => id)
}

const fields = (types, operation, argument) =>
  types.find(t => t.name === named(operation.args.find(arg => arg.name === argument).type)).inputFields
const named = type => type.ofType ? named(type.ofType) : type.name
const written = type => type.kind === 'NON_NULL' ? `${written(type.ofType)}!` : type.kind === 'LIST' ? `[${written(type.ofType)}]` : type.name

function selection(introspection, type, fetch, params) {
  const record = selected(introspection, type)
  switch (fetch) {
    case 'GET_ONE': return record
    case 'CREATE': case 'UPDATE': return `${lower(type.name)} { ${record} }`
    case 'DELETE': return 'deletedId'
    default: return `${params.meta?.passed ? '' : `nodes { ${record} } totalCount`} pageInfo { endCursor }`
  }
}

// selected are all fields of a type, of other resources their ids. It leaves out
// connections, and parts that have parts of their own kind: there is no end to them, and
// half of them, sent back, would take the place of all.
function selected(introspection, type) {
  return type.fields.filter(field => !field.args.length).map(field => {
    const { of, resource } = fieldType(introspection, field)
    if (of.kind !== 'OBJECT') return field.name
    if (resource) return `${field.name} { id }`
    return holdsItself(introspection, of) ? '' : `${field.name} { ${selected(introspection, of)} }`
  }).join(' ')
}

function fieldType({ types, resources }, field) {
  const of = types.find(t => t.name === named(field.type))
  return { of, resource: resources.some(r => r.type.name === of.name) }
}

function holdsItself(introspection, type, above = [type.name]) {
  return type.fields.some(field => {
    const { of, resource } = fieldType(introspection, field)
    if (of.kind !== 'OBJECT' || resource) return false
    return above.includes(of.name) || holdsItself(introspection, of, [...above, of.name])
  })
}

// byNumber gives pages by their numbers, as react-admin asks for them: what comes
// before a page is passed by its cursors, a hundred at a time.
export function byNumber(provider) {
  const pages = method => async (resource, params) => {
    let { page, perPage } = params.pagination
    let after
    for (let offset = (page - 1) * perPage; offset > 0; offset -= 100) {
      const passed = { page: 1, perPage: Math.min(offset, 100) }
      const { endCursor } = await provider[method](resource, { ...params, pagination: passed, meta: { after, passed: true } })
      if (endCursor === null) break // past the end, which the last cursor tells
      after = endCursor
    }
    return provider[method](resource, { ...params, meta: { after } })
  }
  return { ...provider, getList: pages('getList'), getManyReference: pages('getManyReference') }
}
