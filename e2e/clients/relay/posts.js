// What an app says to the Relay compiler. The compiler alone reads it; the test
// runs what comes out.
import { graphql } from 'relay-runtime'

graphql`
  fragment posts_post on Post @refetchable(queryName: "postsPostQuery") {
    id
    title
    version
    publishedAt
    author { id username avatar { url } }
    cover { url alt }
  }
`

graphql`
  fragment posts_list on Query
    @argumentDefinitions(
      tag: { type: "String!" }
      count: { type: "Int", defaultValue: 2 }
      cursor: { type: "String" }
    )
    @refetchable(queryName: "postsListQuery") {
    posts(first: $count, after: $cursor, where: { tags: { has: $tag } })
      @connection(key: "posts_list_posts", filters: ["where"]) {
      __id
      edges { node { id ...posts_post } }
      pageInfo { hasNextPage endCursor }
    }
  }
`

graphql`
  fragment posts_backwards on Query
    @argumentDefinitions(
      tag: { type: "String!" }
      count: { type: "Int", defaultValue: 2 }
      cursor: { type: "String" }
    )
    @refetchable(queryName: "postsBackwardsQuery") {
    posts(last: $count, before: $cursor, where: { tags: { has: $tag } })
      @connection(key: "posts_backwards_posts", filters: ["where"]) {
      edges { node { title } }
    }
  }
`

graphql`
  query postsPageQuery($tag: String!) {
    ...posts_list @arguments(tag: $tag)
  }
`

graphql`
  query postsLastPageQuery($tag: String!) {
    ...posts_backwards @arguments(tag: $tag)
  }
`

graphql`
  query postsCaughtQuery($id: ID!) {
    node(id: $id) @catch { id }
  }
`

graphql`
  fragment posts_picture on Asset { url owner { username avatar { url owner { ...posts_person } } } }
`
graphql`
  fragment posts_person on User { username avatar { url owner { username avatar { url owner { username } } } } }
`
graphql`
  query postsDeepQuery($tag: String!) {
    posts(first: 1, where: { tags: { has: $tag } }) @connection(key: "posts_deep_posts") {
      edges { node { title author { username avatar { ...posts_picture } } } }
    }
  }
`

graphql`
  mutation postsCreateMutation($input: CreatePostInput!, $connections: [ID!]!) {
    createPost(input: $input) {
      post @appendNode(connections: $connections, edgeTypeName: "PostEdge") { ...posts_post }
    }
  }
`

graphql`
  mutation postsUpdateMutation($input: UpdatePostInput!) {
    updatePost(input: $input) { post { ...posts_post } }
  }
`

graphql`
  mutation postsDeleteMutation($input: DeletePostInput!, $connections: [ID!]!) {
    deletePost(input: $input) { deletedId @deleteEdge(connections: $connections) }
  }
`

graphql`
  subscription postsChangedSubscription($tag: String!, $connections: [ID!]!) {
    postChanged(where: { tags: { has: $tag } }) {
      kind
      post @prependNode(connections: $connections, edgeTypeName: "PostEdge") { id ...posts_post }
    }
  }
`
