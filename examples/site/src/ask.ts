// How screens ask, and stay true.
import { useEffect, useSyncExternalStore } from 'react'
import { type AnyVariables, type TypedDocumentNode, useQuery } from 'urql'
import { connection } from './socket'

interface Question<Data, Variables extends AnyVariables> {
  query: TypedDocumentNode<Data, Variables>
  variables: Variables
  pause?: boolean
}

// useAnswer is the answer of a query, which is asked again when the socket that tells
// of changes was away.
export function useAnswer<Data, Variables extends AnyVariables>({ query, variables, pause }: Question<Data, Variables>) {
  const [{ data, error, fetching, stale }, again] = useQuery<Data, AnyVariables>({ query, variables, pause })
  const connections = useSyncExternalStore(connection.follow, connection.count)
  useEffect(() => {
    if (connections > 1 && !pause) again({ requestPolicy: 'network-only' })
  }, [connections])
  return { data, error, waiting: fetching && !data, asking: fetching || stale }
}
