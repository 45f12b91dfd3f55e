import { useSubscription } from 'urql'

/** Who else has a record open. */
export interface Person { id: string; username: string; displayName: string | null; avatar: { url: string | null } | null }

const document = `subscription Viewers($id: ID!) {
  viewers: recordViewers(id: $id) { users { id username displayName avatar { url } } }
}`

/** useViewers has a record open, and tells who else has. */
export function useViewers(id: string): Person[] {
  const [{ data, error }] = useSubscription<{ viewers: { users: Person[] } }>({ query: document, variables: { id } })
  return error ? [] : data?.viewers.users ?? []
}
