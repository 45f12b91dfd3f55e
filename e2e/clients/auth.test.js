// urql with graphcache and authExchange, and Apollo Client with ErrorLink, as their
// manuals put them together: the session is refreshed when a token has ended, and a
// wrong password is no such case.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { ErrorLink } from '@apollo/client/link/error'
import { Client, fetchExchange, gql } from '@urql/core'
import { authExchange } from '@urql/exchange-auth'
import { cacheExchange } from '@urql/exchange-graphcache'
import { from, switchMap } from 'rxjs'
import { account, graphql, recorder, url } from './grapnel.js'

const viewer = gql`query Viewer { viewer { id username email } }`
const refresh = gql`mutation Refresh($token: String!) {
  refreshSession(input: { refreshToken: $token }) { tokens { accessToken refreshToken } }
}`
const signIn = gql`mutation SignIn($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { viewer { id } }
}`

let input, tokens
before(async () => {
  input = account()
  const { signUp } = await graphql(
    'mutation ($input: SignUpInput!) { signUp(input: $input) { tokens { accessToken refreshToken } } }', { input })
  tokens = signUp.tokens
})

// Each client has a method to query, one to mutate, and tells what was sent.
function urql(accessToken) {
  const { fetch, calls } = recorder()
  let session = { ...tokens, accessToken }
  const client = new Client({
    url, fetch,
    exchanges: [
      cacheExchange({}),
      authExchange(async utils => ({
        addAuthToOperation: operation => session
          ? utils.appendHeaders(operation, { Authorization: `Bearer ${session.accessToken}` })
          : operation,
        didAuthError: error => error.graphQLErrors.some(e => e.extensions?.code === 'UNAUTHENTICATED'),
        async refreshAuth() {
          const { data } = await utils.mutate(refresh, { token: session.refreshToken })
          session = data?.refreshSession.tokens
        },
      })),
      fetchExchange,
    ],
  })
  const ask = ({ data, error }) => ({ data, codes: error?.graphQLErrors.map(e => e.extensions.code) })
  return {
    query: async (...q) => ask(await client.query(...q)),
    mutate: async (...m) => ask(await client.mutation(...m)),
    sent: () => calls.map(c => [c.sent.operationName, c.status]),
  }
}

function apollo(accessToken) {
  const { fetch, calls } = recorder()
  let session = { ...tokens, accessToken }
  async function renew() {
    const { data } = await client.mutate({ mutation: refresh, variables: { token: session.refreshToken } })
    session = data.refreshSession.tokens
  }
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([
      new ErrorLink(({ error, operation, forward }) => {
        if (CombinedGraphQLErrors.is(error) && error.errors.some(e => e.extensions?.code === 'UNAUTHENTICATED')) {
          return from(renew()).pipe(switchMap(() => forward(operation)))
        }
      }),
      new SetContextLink(({ headers }) => ({ headers: { ...headers, Authorization: `Bearer ${session.accessToken}` } })),
      new HttpLink({ uri: url, fetch }),
    ]),
  })
  const ask = ({ data, error }) => ({ data, codes: error?.errors.map(e => e.extensions.code) })
  return {
    query: async (query, variables) => ask(await client.query({ query, variables, errorPolicy: 'all' })),
    mutate: async (mutation, variables) => ask(await client.mutate({ mutation, variables, errorPolicy: 'all' })),
    sent: () => calls.map(c => [c.sent.operationName, c.status]),
  }
}


for (const [name, connect] of [['urql', urql], ['Apollo Client', apollo]]) {
  describe(name, () => {
    test('a token that has ended is replaced, and the query sent again', async () => {
      const { query, sent } = connect('ended')
      const { data, codes } = await query(viewer, {})
      assert.equal(codes, undefined)
      assert.equal(data.viewer.username, input.username)
      assert.deepEqual(sent(), [['Viewer', 401], ['Refresh', 200], ['Viewer', 200]])
    })

    test('a wrong password is sent once', async () => {
      const { mutate, sent } = connect(tokens.accessToken)
      const { codes } = await mutate(signIn, { email: input.email, password: 'wrong' })
      assert.deepEqual(codes, ['INVALID_CREDENTIALS'])
      assert.deepEqual(sent(), [['SignIn', 200]])
    })
  })
}
