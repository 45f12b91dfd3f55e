// What becomes of the cache when the server tells of a change.
import type { UpdatesConfig } from '@urql/exchange-graphcache'
import type { ChangeKind } from './gql/graphql'

// What was changed is in the cache already, by its id: every place that shows it
// follows. Lists that gain a record are asked for anew, and so is whatever shows one
// that has gone.
export const onChange: NonNullable<UpdatesConfig['Subscription']> = {
  postChanged(result, _, cache) {
    const { kind, changedId } = result.postChanged as { kind: ChangeKind, changedId: string }
    if (kind === 'REMOVED') cache.invalidate({ __typename: 'Post', id: changedId })
    if (kind === 'ADDED') cache.invalidate('Query', 'posts')
  },
}
