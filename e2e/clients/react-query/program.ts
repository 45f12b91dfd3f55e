// What an app with React Query has: operations as typed texts, and one function that
// sends them, as graphql-codegen's guide for it shows. The hooks are left out, for
// they stand on the same QueryClient.
import { QueryClient } from '@tanstack/query-core'
import { graphql } from './generated/gql.js'
import type { TypedDocumentString } from './generated/graphql.js'

const page = graphql(`
  query Page($tag: String!, $after: String) {
    posts(first: 2, after: $after, where: { tags: { has: $tag } }) {
      nodes { ...PostFields }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

graphql(`fragment PostFields on Post { title publishedAt author { username email } }`)

const create = graphql(`
  mutation Create($title: String!, $tags: [String!]) { createPost(input: { title: $title, tags: $tags }) { post { ...PostFields } } }
`)

async function execute<Result, Variables>(
  url: string, query: TypedDocumentString<Result, Variables>, variables: Variables, token?: string,
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json', Accept: 'application/graphql-response+json', ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(errors[0].extensions.code)
  return data
}

const client = new QueryClient()

// titles are those of all pages, as useInfiniteQuery has them.
export async function titles(url: string, tag: string): Promise<string[]> {
  const { pages } = await client.fetchInfiniteQuery({
    queryKey: ['posts', tag],
    queryFn: ({ pageParam }) => execute(url, page, { tag, after: pageParam }),
    initialPageParam: '',
    getNextPageParam: ({ posts: { pageInfo } }) => pageInfo.hasNextPage ? pageInfo.endCursor : null,
    pages: 10,
  })
  return pages.flatMap(({ posts }) => posts.nodes.map(post => {
    // @ts-expect-error: email may be null.
    const email: string = post.author?.email
    return `${post.title} by ${post.author?.username}, ${email ?? 'withheld'}`
  }))
}

// write answers with the title, or the code of the error.
export async function write(url: string, token: string | undefined, title: string): Promise<string | undefined> {
  const mutation = client.getMutationCache().build(client, {
    mutationFn: (title: string) => execute(url, create, { title, tags: null }, token),
  })
  try {
    return (await mutation.execute(title)).createPost?.post.title
  } catch (error) {
    return (error as Error).message
  }
}
