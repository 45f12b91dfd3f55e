import { Client, CombinedError, cacheExchange, fetchExchange, subscriptionExchange } from 'urql'
import { createClient } from 'graphql-ws'
import { unmark } from './exact'
import { endpoint, headers, remember } from './request'
import { renewed, sessionFetch, type Fault } from './session'

/** A socket is closed when its session has run out, and opened again with another. */
let closed = false
class ExactSocket extends WebSocket {
  send(message: string): void { super.send(unmark(message)) }
}
const socket = createClient({
  url: async () => {
    if (closed) await renewed()
    return endpoint.replace(/^http/, 'ws')
  },
  on: { closed: () => { closed = true } },
  retryAttempts: 1000,
  webSocketImpl: ExactSocket,
})

export const client = new Client({
  url: endpoint,
  preferGetMethod: false,
  requestPolicy: 'cache-and-network', // what was seen is there at once, and then what is
  fetch: (input, init) => {
    remember(unmark(String(init?.body)))
    return sessionFetch(input, init)
  },
  fetchOptions: { headers, credentials: 'same-origin' },
  exchanges: [cacheExchange, fetchExchange, subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: sink => ({ unsubscribe: socket.subscribe({ query: query ?? '', variables }, sink) }),
    }),
  })],
})

/** faults are the errors of an answer; one without a code when there was none. */
export function faults(error: CombinedError | undefined): Fault[] {
  if (!error) return []
  if (error.networkError) return [{ message: '' }]
  return error.graphQLErrors as unknown as Fault[]
}

/** ask runs a query past the cache and returns its data, or throws the first fault. */
export async function ask<T>(query: string, variables: object = {}): Promise<T> {
  const result = await client.query(query, variables, { requestPolicy: 'network-only' }).toPromise()
  if (result.error) throw faults(result.error)[0]
  return result.data as T
}

/** change runs a mutation. What failed stands beside what was done. */
export async function change<T>(mutation: string, variables: object): Promise<{ data?: T; faults: Fault[] }> {
  const result = await client.mutation(mutation, variables).toPromise()
  return { data: result.data as T | undefined, faults: faults(result.error) }
}
