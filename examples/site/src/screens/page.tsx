import { useSubscription } from 'urql'
import { useAnswer } from '../ask'
import { PageChangedDocument, PageDocument } from '../gql/graphql'
import { useTitle } from '../parts/site'
import { Waiting } from '../parts/waiting'
import { NotFound } from './not-found'

export function Page({ slug }: { slug: string }) {
  const { data, waiting } = useAnswer({ query: PageDocument, variables: { slug } })
  const page = data?.pageBySlug
  useSubscription({ query: PageChangedDocument, variables: { id: page?.id ?? '' }, pause: !page })
  useTitle(page?.title)
  if (waiting) return <Waiting />
  if (!page) return <NotFound />
  return (
    <article className="story">
      <header>
        {page.status === 'DRAFT' && <p className="draft" role="note">This is not published yet. Only editors see it.</p>}
        <h1>{page.title}</h1>
      </header>
      {/* The server has sanitised it. */}
      <div className="prose" dangerouslySetInnerHTML={{ __html: page.bodyHtml }} />
    </article>
  )
}
