import { useEffect, useState } from 'react'
import { useSearchParams } from 'wouter'
import { useAnswer } from '../ask'
import { SearchDocument } from '../gql/graphql'
import { useFrame } from '../parts/frame'
import { Grid } from '../parts/posts'
import { useTitle } from '../parts/site'

// Search finds while the reader types. The address follows, so that it can be shared.
export function Search() {
  const [params, setParams] = useSearchParams()
  const [text, setText] = useState(params.get('q') ?? '')
  const search = useSettled(text.trim())
  useEffect(() => setParams(search ? { q: search } : {}, { replace: true }), [search])
  useTitle(search ? `Search: ${search}` : 'Search')
  useFrame()
  return (
    <>
      <form className="heading search" role="search" onSubmit={event => event.preventDefault()}>
        <input type="search" aria-label="Search" placeholder="Search the news" value={text} maxLength={200} autoFocus
          onChange={event => setText(event.target.value)} />
      </form>
      {search && <Found search={search} />}
    </>
  )
}

function Found({ search }: { search: string }) {
  const { data, error, asking } = useAnswer({ query: SearchDocument, variables: { search } })
  const posts = data?.posts.nodes
  return (
    <section aria-busy={asking}>
      <p className="count" role="status">{error ? error.message : posts && sum(posts.length, data.posts.pageInfo.hasNextPage)}</p>
      {posts && <Grid posts={posts} />}
    </section>
  )
}

const sum = (found: number, more: boolean) => more ? `The best ${found}` : found === 0 ? 'Nothing found' : found === 1 ? '1 story' : `${found} stories`

// useSettled is a value once it has stayed the same for a moment.
function useSettled(value: string) {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 150)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
