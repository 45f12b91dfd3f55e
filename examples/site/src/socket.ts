// Subscriptions, by one socket that opens with the first of them. Its code is loaded
// when the page has been drawn.
import type { Client } from 'graphql-ws'
import type { SubscriptionForwarder } from 'urql'
import { refreshSession } from './session'

let opened: Promise<Client> | undefined
let connections = 0
const listeners = new Set<() => void>()

async function open() {
  const { createClient, CloseCode } = await import('graphql-ws')
  return createClient({
    url: new URL('/graphql', location.href).href.replace(/^http/, 'ws'),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    on: {
      connected: () => {
        connections++
        listeners.forEach(tell => tell())
      },
      closed: event => {
        if ((event as CloseEvent).code === CloseCode.Forbidden) void refreshSession()
      },
    },
  })
}

export const subscribe: SubscriptionForwarder = ({ query = '', variables }) => ({
  subscribe(sink) {
    let ended = false
    let end = () => { ended = true }
    opened ??= open()
    opened.then(client => {
      if (!ended) end = client.subscribe({ query, variables: variables as Record<string, unknown> }, sink as never)
    }, sink.error)
    return { unsubscribe: () => end() }
  },
})

// How often the socket has connected: what happened in between was not heard.
export const connection = {
  count: () => connections,
  follow(tell: () => void) {
    listeners.add(tell)
    return () => { listeners.delete(tell) }
  },
}
