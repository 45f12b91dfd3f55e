// What becomes of the cache when the server tells of a change.
import type { Cache, UpdatesConfig } from '@urql/exchange-graphcache'
import type { ChangeKind } from './gql/graphql'

// What was changed is in the cache already, by its id: every place that shows it
// follows. Lists that gain a record are asked for anew, and so is whatever shows one
// that has gone.
export const onChange: NonNullable<UpdatesConfig['Subscription']> = {
  postChanged({ postChanged }, _, cache) {
    const { kind, changedId } = postChanged as Change
    if (kind === 'REMOVED') cache.invalidate({ __typename: 'Post', id: changedId })
    if (kind === 'ADDED') forget(cache, 'posts')
  },
  pageChanged({ pageChanged }, _, cache) {
    const { kind, changedId } = pageChanged as Change
    if (kind === 'REMOVED') cache.invalidate({ __typename: 'Page', id: changedId })
  },
}

// forget drops every list of this name, whatever its arguments.
function forget(cache: Cache, list: string) {
  for (const { fieldName, arguments: args } of cache.inspectFields('Query')) {
    if (fieldName === list) cache.invalidate('Query', fieldName, args)
  }
}

interface Change { kind: ChangeKind, changedId: string }
