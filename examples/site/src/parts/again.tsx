import { type ReactNode, useState } from 'react'
import { type CombinedError, useMutation } from 'urql'
import { ReauthenticateDocument } from '../gql/graphql'
import { Field, Form, useForm } from './form'

type Tell = (error: CombinedError | undefined, again: () => void) => void

// useAgain says what failed. Where the server asks once more who the user is, there is a form for
// that, which stands instead, and then it is tried again. A user with a second factor shows that.
export function useAgain(hasSecondFactor: boolean): { tell: Tell, fault?: string, instead: ReactNode } {
  const [fault, setFault] = useState<string>()
  const [waiting, setWaiting] = useState<() => void>()
  const [tried, setTried] = useState(false)
  const tell: Tell = (error, again) => {
    const first = error?.graphQLErrors[0]
    if (first?.extensions.code === 'REAUTHENTICATION_REQUIRED' && !tried) setWaiting(() => again)
    else setFault(error && (first?.message ?? 'The server cannot be reached. Try again.'))
  }
  const done = () => {
    setWaiting(undefined)
    setTried(true)
    waiting?.()
  }
  return { tell, fault, instead: waiting && <Again byCode={hasSecondFactor} done={done} /> }
}

function Again({ byCode, done }: { byCode: boolean, done: () => void }) {
  const [, reauthenticate] = useMutation(ReauthenticateDocument)
  const form = useForm(async values => {
    const result = await reauthenticate({ input: byCode ? { code: String(values.get('code')) } : { password: String(values.get('password')) } })
    if (!result.error) done()
    return result
  })
  return (
    <Form form={form} title="Is it you?" action="Go on" part>
      {byCode
        ? <Field form={form} name="code" label="Code" hint="What your authenticator app shows, or a recovery code" autoComplete="one-time-code" required />
        : <Field form={form} name="password" label="Your password" hint="If you have none, sign out and in again" type="password" autoComplete="current-password" required />}
    </Form>
  )
}
