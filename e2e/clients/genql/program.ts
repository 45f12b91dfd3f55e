// What an app does with the client that genql has made.
import { createClient } from './generated'

export async function titles(url: string, tag: string): Promise<string[]> {
  const client = createClient({ url })
  const { posts } = await client.query({
    posts: {
      __args: { first: 10, where: { tags: { has: tag } }, orderBy: { field: 'DATE', direction: 'ASC' } },
      nodes: { title: true, publishedAt: true, author: { username: true, email: true } },
    },
  })
  return posts.nodes.map(post => `${post.title} by ${post.author?.username}`)
}

export async function write(url: string, token: string, title: string): Promise<string | undefined> {
  const client = createClient({ url, headers: { Authorization: `Bearer ${token}` } })
  const { createPost } = await client.mutation({
    createPost: { __args: { input: { title } }, post: { id: true, title: true, status: true } },
  })
  return createPost?.post?.status
}

export async function name(url: string, id: string): Promise<string | undefined> {
  const { node } = await createClient({ url }).query({
    node: { __args: { id }, __typename: true, on_Post: { title: true }, on_User: { username: true } },
  })
  return node?.__typename
}

export async function many(url: string, ids: string[]): Promise<string[]> {
  const client = createClient({ url })
  const { nodes } = await client.query({ nodes: { __args: { ids }, id: true } })
  return nodes.map(node => node!.id)
}
