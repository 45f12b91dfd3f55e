import { useState } from 'react'
import { useMutation } from 'urql'
import { Link } from 'wouter'
import { SignUpDocument } from '../gql/graphql'
import { useFrame } from '../parts/frame'
import { Field, Form, useForm } from '../parts/form'
import { Notice } from '../parts/notice'
import { useSite, useTitle } from '../parts/site'

export function SignUp() {
  useTitle('Sign up')
  useFrame()
  const { registration } = useSite()
  const [, signUp] = useMutation(SignUpDocument)
  const [mailed, setMailed] = useState<string | null>()
  const form = useForm(async values => {
    const text = (name: string) => String(values.get(name))
    const result = await signUp({ input: {
      username: text('username'), displayName: text('displayName') || null,
      email: text('email'), password: text('password'), transport: 'COOKIE',
    } })
    setMailed(result.data?.signUp?.mailedTo)
    if (result.data?.signUp?.viewer) location.assign('/profile') // everything anew, as the user sees it
    return result
  })
  if (registration === 'CLOSED') return <Notice title="Sign-up is closed">The editors make accounts here. Ask them for one.</Notice>
  // The server does not say whether there is an account already, and neither do we.
  if (mailed) return <Notice title="Look into your mail">A mail is on its way to {mailed}. The link in it makes your account, and is good for one day.</Notice>
  return (
    <Form form={form} title="Sign up" action="Make my account">
      <Field form={form} name="username" label="Username" hint="3 to 30 letters, digits or _ . -" autoComplete="username" required />
      <Field form={form} name="displayName" label="Name to show" autoComplete="name" maxLength={100} />
      <Field form={form} name="email" label="Email" type="email" autoComplete="email" required />
      <Field form={form} name="password" label="Password" hint="At least 8 characters" type="password" autoComplete="new-password" required />
      <p>You have an account? <Link href="/sign-in">Sign in</Link></p>
    </Form>
  )
}
