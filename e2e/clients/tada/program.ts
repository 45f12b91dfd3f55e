// A typed program, as an app has it: tsc knows the types of each document by the
// schema alone. Each line that tsc must refuse says so.
import { initGraphQLTada, type ResultOf, type VariablesOf } from 'gql.tada'
import { Client, fetchExchange } from '@urql/core'
import type { introspection } from './graphql-env.js'

export const graphql = initGraphQLTada<{
  introspection: introspection
  scalars: { Time: string; Int64: number; Decimal: string; JSON: unknown; Upload: File }
}>()

const post = graphql(`fragment PostFields on Post @_unmask { id title publishedAt author { username email } cover { size } }`)

const page = graphql(`
  query Page($where: PostWhere, $first: Int) {
    posts(where: $where, first: $first, orderBy: { field: DATE, direction: ASC }) { nodes { ...PostFields } }
  }
`, [post])

const create = graphql(`
  mutation Create($input: CreatePostInput!) { createPost(input: $input) { post { ...PostFields } } }
`, [post])

type Post = ResultOf<typeof post>
const line = ({ title, author, publishedAt, cover }: Post) =>
  `${title} by ${author?.username}, ${author?.email ?? 'withheld'}, ${cover?.size ?? 0} bytes, ${publishedAt?.slice(0, 2) ?? 'never'}`

const connect = (url: string, token?: string) => new Client({
  url, preferGetMethod: false, exchanges: [fetchExchange],
  fetchOptions: { headers: token ? { authorization: `Bearer ${token}` } : {} },
})

export async function lines(url: string, tag: string): Promise<string[]> {
  const { data, error } = await connect(url).query(page, { where: { tags: { has: tag } }, first: 10 })
  if (error) throw error
  // @ts-expect-error: a page has no such field
  data!.posts.items
  return data!.posts.nodes.map(line)
}

export async function write(url: string, token: string, input: VariablesOf<typeof create>['input']): Promise<string> {
  const { data, error } = await connect(url, token).mutation(create, { input })
  if (error) throw error
  return line(data!.createPost!.post!)
}

// @ts-expect-error: a title is a text
export const wrong: VariablesOf<typeof create> = { input: { title: 1 } }
