// The client of the API: what it sends, keeps and hears.
import { cacheExchange } from '@urql/exchange-graphcache'
import { persistedExchange } from '@urql/exchange-persisted'
import { Client, fetchExchange, getOperationName, subscriptionExchange } from 'urql'
import ids from './gql/ids.json'
import { onChange } from './changes'
import { fetchInSession } from './session'
import { subscribe } from './socket'

export const client = new Client({
  url: '/graphql',
  fetch: fetchInSession,
  // Cookies are sent for requests that other sites could not have made. To those who accept the
  // older media type, a query that the server does not know yet is no fault: it is sent in full.
  fetchOptions: { headers: { 'GraphQL-Require-Preflight': '1', Accept: 'application/json' } },
  // What is kept is shown at once, and asked for anew: it may have changed meanwhile.
  requestPolicy: 'cache-and-network',
  exchanges: [
    cacheExchange({
      keys: withoutKey('PostConnection', 'PageInfo', 'PostChange', 'PageChange', 'SiteChange', 'NavigationLink', 'SocialLink', 'SignInProvider'),
      updates: { Subscription: onChange },
    }),
    // Queries go by GET with the id of a trusted document, so that caches can answer.
    persistedExchange({
      preferGetForPersistedQueries: 'within-url-limit',
      generateHash: async (_, document) => (ids as Record<string, string>)[getOperationName(document) ?? ''],
    }),
    fetchExchange,
    subscriptionExchange({ forwardSubscription: subscribe }),
  ],
})

// withoutKey are types whose objects are kept within the one that holds them.
function withoutKey(...types: string[]) {
  return Object.fromEntries(types.map(type => [type, () => null]))
}
