import { useState } from 'react'
import { useMutation } from 'urql'
import { Link } from 'wouter'
import { RequestPasswordResetDocument } from '../gql/graphql'
import { useFrame } from '../parts/frame'
import { Field, Form, useForm } from '../parts/form'
import { Notice } from '../parts/notice'
import { useTitle } from '../parts/site'

export function Forgotten() {
  useTitle('Forgotten password')
  useFrame()
  const [, request] = useMutation(RequestPasswordResetDocument)
  const [mailed, setMailed] = useState<string>()
  const form = useForm(async values => {
    const result = await request({ email: String(values.get('email')) })
    setMailed(result.data?.requestPasswordReset?.email)
    return result
  })
  // The server does not say whether there is an account, and neither do we.
  if (mailed) return <Notice title="Look into your mail">If {mailed} has an account here, a link to choose a new password is on its way. It is good for one hour.</Notice>
  return (
    <Form form={form} title="Forgotten your password?" action="Mail me a link">
      <p>A link in a mail lets you choose a new one.</p>
      <Field form={form} name="email" label="Email" type="email" autoComplete="email" required />
      <p><Link href="/sign-in">Sign in</Link></p>
    </Form>
  )
}
