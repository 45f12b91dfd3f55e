import { Link } from 'wouter'
import type { CardFragment } from '../gql/graphql'
import { toAuthor, toPost, toTag } from './addresses'
import { Cover } from './cover'
import { nameOf } from './face'
import { Moment } from './moment'

// Card is a post in a list. The one that leads is larger, and its picture comes first.
export function Card({ post, lead }: { post: CardFragment, lead?: boolean }) {
  const Title = lead ? 'h1' : 'h2'
  return (
    <article className={lead ? 'card lead' : 'card'}>
      {post.cover && <Link className="picture" href={toPost(post)} tabIndex={-1} aria-hidden="true"><Cover picture={post.cover} eager={lead} /></Link>}
      <div className="text">
        {!isPublic(post) && <p className="draft">{post.status === 'PUBLISHED' ? 'Scheduled' : 'Draft'}</p>}
        <Kicker tags={post.tags} />
        <Title><Link href={toPost(post)}>{post.title}</Link></Title>
        {post.excerpt && <p className="excerpt">{post.excerpt}</p>}
        <Byline post={post} />
      </div>
    </article>
  )
}

// isPublic reports whether visitors see the post, too: its author and editors see more.
export const isPublic = (post: CardFragment) => post.status === 'PUBLISHED' && Date.parse(post.date) <= Date.now()

// Kicker is the first tag of a post, above its title.
export function Kicker({ tags: [tag] }: { tags: string[] }) {
  return tag ? <Link className="kicker" href={toTag(tag)}>{tag}</Link> : null
}

export function Byline({ post: { author, date }, long }: { post: CardFragment, long?: boolean }) {
  return (
    <p className="byline">
      {author && <><Link href={toAuthor(author)}>{nameOf(author)}</Link> <span aria-hidden="true">·</span> </>}
      <Moment at={date} long={long} />
    </p>
  )
}
