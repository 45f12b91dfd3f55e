import { type ReactNode, useState } from 'react'
import { type OperationResult, useMutation } from 'urql'
import { ConfirmSignInDocument, type SignedInFragment } from '../gql/graphql'
import { Field, Form, useForm } from './form'

// useEntry goes on with a sign-in: to an address of the site, or to the form that asks for a second
// factor, which then stands instead of the screen.
export function useEntry(to = '/'): [enter: <T>(result: OperationResult<T>, entry?: SignedInFragment | null) => OperationResult<T>, instead: ReactNode] {
  const [token, setToken] = useState<string>()
  return [(result, entry) => {
    if (entry?.viewer) location.assign(to) // everything anew, as the user sees it
    setToken(entry?.secondFactor?.token)
    return result
  }, token && <SecondFactor token={token} to={to} />]
}

function SecondFactor({ token, to }: { token: string, to: string }) {
  const [, confirm] = useMutation(ConfirmSignInDocument)
  const form = useForm(async values => {
    const result = await confirm({ input: { token, code: String(values.get('code')), rememberDevice: values.get('remember') === 'on', transport: 'COOKIE' } })
    if (result.data?.confirmSignIn?.viewer) location.assign(to)
    return result
  })
  return (
    <Form form={form} title="One more step" action="Go on">
      <p>Your account asks for a second factor.</p>
      <Field form={form} name="code" label="Code" hint="What your authenticator app shows, or a recovery code" autoComplete="one-time-code" autoFocus required />
      <label><input type="checkbox" name="remember" /> Do not ask on this device for 30 days</label>
    </Form>
  )
}
