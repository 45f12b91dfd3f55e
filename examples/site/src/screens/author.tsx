import { useAnswer } from '../ask'
import { AuthorDocument } from '../gql/graphql'
import { Face, nameOf } from '../parts/face'
import { Posts } from '../parts/posts'
import { useTitle } from '../parts/site'
import { Waiting } from '../parts/waiting'
import { NotFound } from './not-found'

export function Author({ username }: { username: string }) {
  const { data, waiting } = useAnswer({ query: AuthorDocument, variables: { username } })
  const author = data?.userByUsername
  useTitle(author ? nameOf(author) : username)
  if (waiting) return <Waiting />
  if (!author) return <NotFound />
  return (
    <>
      <header className="heading author">
        <Face of={author} size={96} />
        <div>
          <h1>{nameOf(author)}</h1>
          {author.bio && <p>{author.bio}</p>}
        </div>
      </header>
      <Posts where={{ authorId: { eq: author.id } }} />
    </>
  )
}
