import { Posts } from '../parts/posts'
import { useTitle } from '../parts/site'

export function Tag({ tag }: { tag: string }) {
  useTitle(tag)
  return (
    <>
      <header className="heading"><h1>{tag}</h1></header>
      <Posts where={{ tags: { has: tag } }} />
    </>
  )
}
