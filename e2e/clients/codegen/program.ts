// A typed program, as an app has it: tsc checks it, and the test runs it. Each
// line that tsc must refuse says so; one that it would accept is an error.
import { GraphQLClient } from 'graphql-request'
import { type FragmentType, graphql, useFragment } from './generated/index.js'
import type { CreatePostInput, PostWhere } from './generated/graphql.js'

const postFields = graphql(`
  fragment PostFields on Post {
    id title status tags publishedAt
    author { username }
    cover { url size }
  }
`)

const page = graphql(`
  query Page($where: PostWhere, $first: Int, $after: String) {
    posts(where: $where, orderBy: { field: DATE, direction: ASC }, first: $first, after: $after) {
      totalCount
      edges { cursor node { ...PostFields } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

const node = graphql(`
  query Node($id: ID!) {
    node(id: $id) {
      __typename
      ... on User { username }
      ... on Post { title }
    }
  }
`)

const create = graphql(`
  mutation Create($input: CreatePostInput!) {
    createPost(input: $input) { post { ...PostFields } }
  }
`)

export const changed = graphql(`
  subscription Changed($where: PostWhere) {
    postChanged(where: $where) { kind post { ...PostFields } }
  }
`)

export const upload = graphql(`
  mutation Upload($input: UploadAssetInput!) {
    uploadAsset(input: $input) { asset { id size visibility } }
  }
`)

function describe(masked: FragmentType<typeof postFields>): string {
  const post = useFragment(postFields, masked)
  const tags: string[] = post.tags
  const bytes: number = post.cover?.size ?? 0
  const published: string = post.publishedAt ?? 'never'
  // @ts-expect-error: publishedAt may be null.
  const moment: string = post.publishedAt
  // @ts-expect-error: there is no such status.
  if (post.status === 'LOST') throw new Error(moment)
  // @ts-expect-error: body was not asked for.
  post.body
  return `${post.title} by ${post.author?.username}, ${tags}, ${bytes} bytes, ${published.slice(0, 2)}`
}

// titles describes the posts of a tag, page by page.
export async function titles(url: string, tag: string): Promise<string[]> {
  const client = new GraphQLClient(url)
  const where: PostWhere = { and: [{ tags: { has: tag } }, { not: { status: { eq: 'DRAFT' } } }] }
  const found: string[] = []
  let after: string | null | undefined
  do {
    const { posts } = await client.request(page, { where, first: 2, after })
    for (const { node } of posts.edges) found.push(describe(node))
    after = posts.pageInfo.hasNextPage ? posts.pageInfo.endCursor : null
  } while (after)
  return found
}

// name is what an object of any type is called.
export async function name(url: string, id: string): Promise<string | undefined> {
  const { node: object } = await new GraphQLClient(url).request(node, { id })
  switch (object?.__typename) {
    case 'User': return object.username
    case 'Post': return object.title
    case 'Asset': return undefined
    // @ts-expect-error: no such type is a Node.
    case 'PostChange': return undefined
  }
}

export async function write(url: string, token: string, input: CreatePostInput): Promise<string> {
  const client = new GraphQLClient(url, { headers: { authorization: `Bearer ${token}` } })
  const { createPost } = await client.request(create, { input })
  // @ts-expect-error: a mutation that fails is null beside the others.
  createPost.post
  if (!createPost) throw new Error('graphql-request throws for errors')
  return describe(createPost.post)
}

export const mistakes = [
  // @ts-expect-error: id is missing.
  () => new GraphQLClient('').request(node, {}),
  // @ts-expect-error: first is a number.
  () => new GraphQLClient('').request(page, { first: '2' }),
  // @ts-expect-error: there is no such field.
  () => graphql(`{ nope }`).definitions,
  // @ts-expect-error: title is missing.
  (): CreatePostInput => ({ body: 'x' }),
]
