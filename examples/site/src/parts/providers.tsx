import { useState } from 'react'
import { type CombinedError, useMutation, useQuery } from 'urql'
import { SignInProvidersDocument, StartProviderSignInDocument } from '../gql/graphql'
import { begin } from './provider'

// Providers are buttons that lead to the pages of providers. What fails is told, or said here.
export function Providers({ link = false, tell }: { link?: boolean, tell?: (error: CombinedError | undefined, again: () => void) => void }) {
  const [{ data }] = useQuery({ query: SignInProvidersDocument, variables: {} })
  const [{ fetching }, start] = useMutation(StartProviderSignInDocument)
  const [fault, setFault] = useState<string>()
  const leave = async (provider: string) => {
    const { data, error } = await start({ input: { provider, link, codeChallenge: await begin(link), returnTo: `${location.origin}/sign-in/returned` } })
    if (data?.startProviderSignIn) location.assign(data.startProviderSignIn.url)
    else if (tell) tell(error, () => leave(provider))
    else setFault(error?.graphQLErrors[0]?.message ?? 'The server cannot be reached. Try again.')
  }
  return (
    <>
      {data?.signInProviders.map(({ name, label }) => (
        <button key={name} type="button" className="plain" disabled={fetching} onClick={() => leave(name)}>{link ? 'Link' : 'Continue with'} {label}</button>
      ))}
      {fault && <p className="fault" role="alert">{fault}</p>}
    </>
  )
}
