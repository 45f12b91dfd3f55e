import { gql } from '@apollo/client'
import type { CardFragment } from '../__generated__/types'

// Don't take what is in comments: gql`query Comment { viewer { id } }`
/* nor gql`query Comment { viewer { id } }` */
const quote = /["'`/]/g, half = "gql`query String { viewer { id } }`".length / 2 // a / b / c

const author = gql`
  fragment Author on User { id name }
`

export const card = gql`
  ${author}
  fragment Card on Post {
    id # of the post
    title
    author { ...Author }
  }
  ${/* of no use, } but allowed */ author}
`

export function Card({ post }: { post: CardFragment }) {
  return (
    <article className={`card ${post.id ? `card-${post.id}` : "it's none"}`}>
      <p>Don't worry, the quote of this line ends with it.</p>
      <a href="/x"/>{post.title}</a>
    </article>
  )
}
