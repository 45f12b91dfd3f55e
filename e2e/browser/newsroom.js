// A server with an administrator and an author, who write posts.
import { admin, surroundings } from './browser.js'

export const author = { email: 'molly@example.com', password: 'quiet river stones' }

// What strangers send here: a server that runs trusted documents alone must have these.
export const documents = {
  signIn: 'mutation ($input: SignInInput!) { signIn(input: $input) { viewer { id } tokens { accessToken } } }',
  signUp: 'mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { id } } }',
}

export const signIn = (server, { email, password }) => server.graphql(documents.signIn, { input: { email, password } })
  .then(data => data.signIn.tokens.accessToken)

// newsroom is the surroundings of a file of scenarios. The server gets the token of its
// administrator.
export const newsroom = (settings = {}) => surroundings(settings, async server => {
  server.token = await signIn(server, admin)
  const { signUp } = await server.graphql(documents.signUp, { input: { username: 'molly', ...author } })
  await server.graphql('mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { user { id } } }',
    { input: { id: signUp.viewer.id, role: 'AUTHOR' } }, server.token)
})

// create makes a post.
export const create = (server, input, as = server.token) => server.graphql(
  'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id version } } }', { input }, as)
  .then(data => data.createPost.post)
