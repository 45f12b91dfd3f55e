import { useMutation } from 'urql'
import { Link } from 'wouter'
import { SignInDocument } from '../gql/graphql'
import { useEntry } from '../parts/entry'
import { useFrame } from '../parts/frame'
import { Field, Form, useForm } from '../parts/form'
import { Providers } from '../parts/providers'
import { useSite, useTitle } from '../parts/site'

export function SignIn() {
  useTitle('Sign in')
  useFrame()
  const { registration } = useSite()
  const [, signIn] = useMutation(SignInDocument)
  const [enter, instead] = useEntry()
  const form = useForm(async values => {
    const result = await signIn({ input: { email: String(values.get('email')), password: String(values.get('password')), transport: 'COOKIE' } })
    return enter(result, result.data?.signIn)
  })
  if (instead) return instead
  return (
    <Form form={form} title="Sign in" action="Sign in">
      <Field form={form} name="email" label="Email" type="email" autoComplete="email" required />
      <Field form={form} name="password" label="Password" type="password" autoComplete="current-password" required />
      <Providers />
      <p><Link href="/sign-in/code">Sign in with a code that is mailed to you</Link></p>
      <p><Link href="/forgotten">Forgotten your password?</Link></p>
      {registration === 'OPEN' && <p>No account yet? <Link href="/sign-up">Sign up</Link></p>}
    </Form>
  )
}
