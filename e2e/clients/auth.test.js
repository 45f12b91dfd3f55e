// urql with graphcache and authExchange, as their manuals put them together: the
// session is refreshed when a token has ended, and a wrong password is no such case.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Client, fetchExchange, gql } from '@urql/core'
import { authExchange } from '@urql/exchange-auth'
import { cacheExchange } from '@urql/exchange-graphcache'
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

function connect(accessToken) {
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
  const sent = () => calls.map(c => [c.sent.operationName, c.status])
  return { client, calls, sent }
}

test('a token that has ended is replaced, and the query sent again', async () => {
  const { client, sent } = connect('ended')
  const { data, error } = await client.query(viewer, {})
  assert.equal(error, undefined)
  assert.equal(data.viewer.username, input.username)
  assert.deepEqual(sent(), [['Viewer', 401], ['Refresh', 200], ['Viewer', 200]])
})

test('a wrong password is sent once', async () => {
  const { client, sent } = connect(tokens.accessToken)
  const { error } = await client.mutation(signIn, { email: input.email, password: 'wrong' })
  assert.deepEqual(error.graphQLErrors.map(e => e.extensions.code), ['INVALID_CREDENTIALS'])
  assert.deepEqual(sent(), [['SignIn', 200]])
})
