import { Link } from 'wouter'
import { useSubscription } from 'urql'
import { useAnswer } from '../ask'
import { StoryChangedDocument, StoryDocument } from '../gql/graphql'
import { toAuthor, toTag } from '../parts/addresses'
import { Byline, Kicker } from '../parts/card'
import { Cover } from '../parts/cover'
import { Face, nameOf } from '../parts/face'
import { useTitle } from '../parts/site'
import { Waiting } from '../parts/waiting'
import { NotFound } from './not-found'

export function Story({ slug }: { slug: string }) {
  const { data, waiting } = useAnswer({ query: StoryDocument, variables: { slug } })
  const post = data?.postBySlug
  useSubscription({ query: StoryChangedDocument, variables: { id: post?.id ?? '' }, pause: !post })
  useTitle(post?.title)
  if (waiting) return <Waiting lead />
  if (!post) return <NotFound />
  const { author, cover, tags } = post
  return (
    <article className="story">
      <header>
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
