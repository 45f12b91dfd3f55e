import { useState } from 'react'
import { useSubscription } from 'urql'
import { useAnswer } from '../ask'
import { type CardFragment, PostsChangedDocument, PostsDocument, type PostWhere } from '../gql/graphql'
import { Card } from './card'
import { Notice } from './notice'
import { Waiting } from './waiting'

interface List { where?: PostWhere, lead?: boolean }

// Posts are the newest posts, and more of them when the reader asks. The list follows
// what is published, changed and withdrawn.
export function Posts({ where, lead }: List) {
  useSubscription({ query: PostsChangedDocument, variables: { where } })
  return <Page where={where} lead={lead} />
}

// Page is one page of posts and, once it was asked for, the next.
function Page({ where, lead, after }: List & { after?: string | null }) {
  const { data, error, waiting } = useAnswer({ query: PostsDocument, variables: { where, first: lead ? 13 : 12, after } })
  const [more, setMore] = useState(false)
  if (waiting) return <Waiting lead={lead} />
  if (!data) return <Notice title="The news did not arrive">{error?.message}</Notice>
  const { nodes, pageInfo } = data.posts
  if (!after && nodes.length === 0) return <Notice title="Nothing here yet">What is published appears here by itself.</Notice>
  return (
    <>
      {lead && <Card post={nodes[0]} lead />}
      <Grid posts={lead ? nodes.slice(1) : nodes} />
      {pageInfo.hasNextPage && (more
        ? <Page where={where} after={pageInfo.endCursor} />
        : <button className="more" onClick={() => setMore(true)}>Load more</button>)}
    </>
  )
}

export function Grid({ posts }: { posts: CardFragment[] }) {
  return <div className="grid">{posts.map(post => <Card key={post.id} post={post} />)}</div>
}
