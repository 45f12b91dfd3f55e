import { Link, Redirect } from 'wouter'
import { useSubscription } from 'urql'
import { useAnswer } from '../ask'
import { StoryByIdDocument, StoryChangedDocument, StoryDocument } from '../gql/graphql'
import { toAuthor, toPost, toTag } from '../parts/addresses'
import { Byline, Kicker, isPublic } from '../parts/card'
import { Cover } from '../parts/cover'
import { Face, nameOf } from '../parts/face'
import { useTitle } from '../parts/site'
import { Waiting } from '../parts/waiting'
import { NotFound } from './not-found'

// Story shows a post by its slug, or by its id, which the dashboard opens: nothing leads to
// a draft by its slug. Ids have a _, slugs have none.
export function Story({ slug: name }: { slug: string }) {
  const isId = name.includes('_')
  const bySlug = useAnswer({ query: StoryDocument, variables: { slug: name }, pause: isId })
  const byId = useAnswer({ query: StoryByIdDocument, variables: { id: name }, pause: !isId })
  const post = isId ? byId.data?.post : bySlug.data?.postBySlug
  const waiting = bySlug.waiting || byId.waiting
  useSubscription({ query: StoryChangedDocument, variables: { id: post?.id ?? '' }, pause: !post })
  useTitle(post?.title)
  if (waiting) return <Waiting lead />
  if (!post) return <NotFound />
  if (isId && isPublic(post)) return <Redirect to={toPost(post)} replace />
  const { author, cover, tags } = post
  return (
    <article className="story">
      <header>
        {!isPublic(post) && <p className="draft" role="note">This is not published yet. Only its author and editors see it.</p>}
        <Kicker tags={tags} />
        <h1>{post.title}</h1>
        {post.excerpt && <p className="excerpt">{post.excerpt}</p>}
        <Byline post={post} long />
      </header>
      {cover && <figure><Cover picture={cover} eager /></figure>}
      {/* The server has sanitised it. */}
      <div className="prose" dangerouslySetInnerHTML={{ __html: post.bodyHtml }} />
      <footer>
        <ul className="tags" aria-label="Tags">{tags.map(tag => <li key={tag}><Link href={toTag(tag)}>{tag}</Link></li>)}</ul>
        {author && (
          <Link href={toAuthor(author)} className="about">
            <Face of={author} size={56} />
            <span><strong>{nameOf(author)}</strong>{author.bio && <span>{author.bio}</span>}</span>
          </Link>
        )}
      </footer>
    </article>
  )
}
