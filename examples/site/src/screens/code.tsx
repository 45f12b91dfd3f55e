import { useState } from 'react'
import { useMutation } from 'urql'
import { Link } from 'wouter'
import { RequestSignInCodeDocument, SignInWithCodeDocument } from '../gql/graphql'
import { useEntry } from '../parts/entry'
import { useFrame } from '../parts/frame'
import { Field, Form, useForm } from '../parts/form'
import { useTitle } from '../parts/site'

// Code signs in who would rather read a mail than remember a password.
export function Code() {
  useTitle('Sign in with a code')
  useFrame()
  const [, request] = useMutation(RequestSignInCodeDocument)
  const [mailed, setMailed] = useState<string>()
  const form = useForm(async values => {
    const result = await request({ email: String(values.get('email')) })
    setMailed(result.data?.requestSignInCode?.email)
    return result
  })
  if (mailed) return <Typed email={mailed} />
  return (
    <Form form={form} title="Sign in with a code" action="Mail me a code">
      <p>No password is needed.</p>
      <Field form={form} name="email" label="Email" type="email" autoComplete="email" required />
      <p><Link href="/sign-in">Sign in with a password</Link></p>
    </Form>
  )
}

function Typed({ email }: { email: string }) {
  const [, signIn] = useMutation(SignInWithCodeDocument)
  const [enter, instead] = useEntry()
  const form = useForm(async values => {
    const result = await signIn({ input: { email, code: String(values.get('code')), transport: 'COOKIE' } })
    return enter(result, result.data?.signInWithCode)
  })
  if (instead) return instead
  return (
    <Form form={form} title="Look into your mail" action="Sign in">
      <p>If {email} has an account here, a code is on its way. It is good for ten minutes.</p>
      <Field form={form} name="code" label="Code" hint="Eight digits" inputMode="numeric" autoComplete="one-time-code" required />
    </Form>
  )
}
