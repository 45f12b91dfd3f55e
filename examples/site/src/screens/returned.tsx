import { useEffect, useState } from 'react'
import { useMutation } from 'urql'
import { Link } from 'wouter'
import { LinkIdentityDocument, SignInWithProviderDocument } from '../gql/graphql'
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
  const [fault, setFault] = useState<string>()
  useEffect(() => {
    const [, token, reason] = location.hash.match(/^#(?:signin=(.+)|signin-failed=(.+))$/) ?? []
    history.replaceState(null, '', location.pathname) // nobody reads it from the history
    const mine = begun()
    if (!token || !mine) return setFault(reasons[reason] ?? 'What the provider says is not good here.')
    const variables = { token, codeVerifier: mine.verifier }
    void (mine.link ? link(variables) : signIn(variables)).then(({ error }) => {
      if (error) setFault(error.graphQLErrors[0]?.message ?? 'The server cannot be reached.')
      else location.replace(mine.link ? '/profile' : '/') // everything anew, as the user sees it
    })
  }, [])
  return fault ? <Notice title="You are not signed in by it">{fault} <Link href="/sign-in">Sign in</Link></Notice> : null
}
