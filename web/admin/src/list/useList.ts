import { useMemo } from 'react'
import { useQuery } from 'urql'
import { decisive } from '../api/applies'
import { faults } from '../api/client'
import { listDocument, type Reference, type Row } from '../api/documents'
import { field, isShown, type Field, type Type } from '../api/schema'
import { useSite } from '../context'
import { mentioned, variablesOf, type View } from './view'

interface Page {
  list: { nodes: Row[]; pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null } }
  named?: (Reference & { __typename: string } & Record<string, string | null> | null)[]
}

export const columnsOf = (type: Type, view: View): Field[] =>
  view.columns.map(name => field(type, name)).filter(f => f !== undefined).filter(isShown)

/** useList is a page of a list: one query, the names in its filter among it. */
export function useList(type: Type, view: View) {
  const { schema, viewer } = useSite()
  const columns = columnsOf(type, view)
  const query = useMemo(() => listDocument(schema, type, [...new Set([...columns, ...decisive(type)])], mentioned(schema, type, view).types, true), [type, view])
  const [{ data, error, fetching, stale }, refetch] = useQuery<Page>({ query, variables: variablesOf(schema, type, view, viewer.id) })
  const shown = data?.list
  return {
    columns,
    rows: shown?.nodes,
    page: shown?.pageInfo,
    names: new Map(data?.named?.filter(n => n !== null).map(n => [n.id, { ...n, _title: n[n.__typename] }])),
    fault: shown ? undefined : faults(error)[0],
    fetching: fetching || stale,
    refetch: () => refetch({ requestPolicy: 'network-only' }),
  }
}
