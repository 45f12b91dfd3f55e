import { useEffect, useState } from 'react'
import { type CombinedError, useMutation } from 'urql'
import { Link } from 'wouter'
import { LinkIdentityDocument, SignInWithProviderDocument } from '../gql/graphql'
import { useEntry } from '../parts/entry'
import { useFrame } from '../parts/frame'
import { Notice } from '../parts/notice'
import { begun } from '../parts/provider'
import { useTitle } from '../parts/site'

const reasons: Record<string, string> = {
  CANCELLED: 'You did not want to.', EXPIRED: 'It took too long.', USED: 'You came back twice.',
  UNAVAILABLE: 'The provider does not answer.', RATE_LIMITED: 'Too many come from your network; wait a little.',
}

// Returned is where browsers come to from a provider.
export function Returned() {
  useTitle('Sign in')
  useFrame()
  const [, signIn] = useMutation(SignInWithProviderDocument)
  const [, link] = useMutation(LinkIdentityDocument)
  const [enter, instead] = useEntry()
  const [fault, setFault] = useState<string>()
  useEffect(() => {
    const [, token, reason] = location.hash.match(/^#(?:signin=(.+)|signin-failed=(.+))$/) ?? []
    history.replaceState(null, '', location.pathname) // nobody reads it from the history
    const mine = begun()
    if (!token || !mine) return setFault(reasons[reason] ?? 'What the provider says is not good here.')
    const variables = { token, codeVerifier: mine.verifier }
    const failed = (error?: CombinedError) => setFault(error && (error.graphQLErrors[0]?.message ?? 'The server cannot be reached.'))
    if (!mine.link) return void signIn(variables).then(result => failed(enter(result, result.data?.signInWithProvider).error))
    void link(variables).then(({ error }) => {
      failed(error)
      if (!error) location.replace('/profile')
    })
  }, [])
  if (instead) return instead
  return fault ? <Notice title="You are not signed in by it">{fault} <Link href="/sign-in">Sign in</Link></Notice> : null
}
