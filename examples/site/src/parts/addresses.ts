// Where everything is.
export const toPost = (post: { id: string, slug?: string | null }) => `/posts/${encodeURIComponent(post.slug ?? post.id)}` // no slug leads to a draft
export const toPage = (page: { slug: string }) => `/${encodeURIComponent(page.slug)}`
export const toTag = (tag: string) => `/tags/${encodeURIComponent(tag)}`
export const toAuthor = (author: { username: string }) => `/authors/${encodeURIComponent(author.username)}`

// toFile is the address of a file at the origin of this page, by whatever name of the
// server it was opened.
export function toFile(file: { url?: string | null }) {
  if (!file.url) return undefined
  const { pathname, search } = new URL(file.url, location.href)
  return pathname + search
}
