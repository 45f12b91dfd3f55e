// The session is in cookies that no script can read. When the server says that its
// access token has ended, it is refreshed, and the request sent again.
import { formatDocument, stringifyDocument, type TypedDocumentNode } from 'urql'
import { takeEarly } from './early'
import { RefreshSessionDocument, SignOutDocument } from './gql/graphql'

export const fetchInSession: typeof fetch = async (input, init) => {
  const response = await (takeEarly(input) ?? fetch(input, init))
  if (response.status !== 401) return response
  await refreshSession()
  return fetch(input, init)
}

let refreshing: Promise<void> | undefined

// refreshSession is sent once, however many requests wait for it. Where the session has
// ended, its cookies go, and the reader is a visitor again.
export function refreshSession() {
  refreshing ??= refresh().finally(() => { refreshing = undefined })
  return refreshing
}

async function refresh() {
  const { errors } = await send(RefreshSessionDocument)
  if (errors?.[0].extensions.code === 'UNAUTHENTICATED') await send(SignOutDocument)
}

async function send(document: TypedDocumentNode<unknown, Record<string, never>>) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'GraphQL-Require-Preflight': '1' },
    body: JSON.stringify({ query: stringifyDocument(formatDocument(document)) }),
  })
  return await response.json() as { errors?: { extensions: { code: string } }[] }
}
