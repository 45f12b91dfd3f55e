import { useState } from 'react'
import { useMutation } from 'urql'
import { Link, Redirect } from 'wouter'
import { useAnswer } from '../ask'
import {
  ConfirmAuthenticatorDocument, RemoveAuthenticatorDocument, SecondFactorDocument, SetUpAuthenticatorDocument, type SetUpAuthenticatorMutation,
} from '../gql/graphql'
import { useAgain } from '../parts/again'
import { Field, Form, useForm } from '../parts/form'
import { useTitle } from '../parts/site'

type Authenticator = NonNullable<SetUpAuthenticatorMutation['setUpAuthenticator']>['authenticator']

// SecondFactor sets up an app whose codes the sign-in asks for, and takes it away.
export function SecondFactor() {
  useTitle('Second factor')
  const { data, waiting } = useAnswer({ query: SecondFactorDocument, variables: {} })
  const [, setUp] = useMutation(SetUpAuthenticatorDocument)
  const [, remove] = useMutation(RemoveAuthenticatorDocument)
  const [begun, setBegun] = useState<Authenticator>()
  const [codes, setCodes] = useState<string[]>()
  const on = Boolean(data?.viewer?.secondFactorAt)
  const { tell, fault, instead } = useAgain(on)
  if (waiting || !data) return null
  if (!data.viewer) return <Redirect to="/sign-in" replace />

  async function begin() {
    const { data, error } = await setUp({})
    setBegun(data?.setUpAuthenticator?.authenticator)
    tell(error, begin)
  }
  async function end() {
    const { error } = await remove({})
    tell(error, end)
  }
  if (instead) return instead
  if (begun) return <Confirming authenticator={begun} done={codes => { setBegun(undefined); setCodes(codes) }} />
  return (
    <section className="form">
      <h1>Second factor</h1>
      {codes && (
        <>
          <p role="status">It is on. Keep these recovery codes where you find them without your phone; each is good once, and they are not shown again:</p>
          <pre>{codes.join('\n')}</pre>
        </>
      )}
      {on
        ? <p>Signing in asks for a code of your app. Recovery codes left: {data.viewer.recoveryCodesLeft}.</p>
        : <p>With an authenticator app on your phone, nobody signs in by your password alone.</p>}
      {fault && <p className="fault" role="alert">{fault}</p>}
      {on ? <button className="plain" onClick={end}>Turn it off</button> : <button className="primary" onClick={begin}>Set up an app</button>}
      <p><Link href="/profile">Your profile</Link></p>
    </section>
  )
}

function Confirming({ authenticator, done }: { authenticator: Authenticator, done: (codes: string[]) => void }) {
  const [, confirm] = useMutation(ConfirmAuthenticatorDocument)
  const form = useForm(async values => {
    const result = await confirm({ token: authenticator.token, code: String(values.get('code')) })
    if (result.data?.confirmAuthenticator) done(result.data.confirmAuthenticator.recoveryCodes)
    return result
  })
  return (
    <Form form={form} title="Set up an app" action="Turn it on">
      <p>Scan this with an authenticator app, or type the text below into it.</p>
      <img src={authenticator.qrCode} alt="Picture for the app" width={240} height={240} />
      <pre>{authenticator.secret}</pre>
      <Field form={form} name="code" label="Code" hint="The six digits that the app shows" inputMode="numeric" autoComplete="one-time-code" required />
    </Form>
  )
}
