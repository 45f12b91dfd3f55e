import { useState } from 'react'
import { useMutation } from 'urql'
import { Link, Redirect } from 'wouter'
import { AcceptInvitationDocument, ConfirmSignUpDocument, ResetPasswordDocument, SignInDocument, VerifyEmailDocument } from '../gql/graphql'
import { useFrame } from '../parts/frame'
import { useEntry } from '../parts/entry'
import { Field, Form, useForm } from '../parts/form'
import { useMailed } from '../parts/mailed'
import { Notice } from '../parts/notice'
import { useTitle } from '../parts/site'

// Account is where the links in mails lead to.
export function Account() {
  useTitle('Your account')
  useFrame()
  const mailed = useMailed()
  if (!mailed) return <Redirect to="/profile" replace />
  const Screen = { reset: NewPassword, verify: Confirm, signup: Admission, invite: Invited }[mailed.purpose]
  return <Screen key={mailed.token} token={mailed.token} />
}

function NewPassword({ token }: { token: string }) {
  const [, reset] = useMutation(ResetPasswordDocument)
  const [, signIn] = useMutation(SignInDocument)
  const [enter, instead] = useEntry('/profile')
  const form = useForm(async values => {
    const password = String(values.get('password'))
    const result = await reset({ token, password })
    if (!result.data?.resetPassword) return result
    const entered = await signIn({ input: { email: result.data.resetPassword.email, password, transport: 'COOKIE' } })
    enter(entered, entered.data?.signIn)
    return result
  })
  if (instead) return instead
  if (form.faults.token) return <Void />
  return (
    <Form form={form} title="Choose a new password" action="Change the password">
      <p>You are signed out everywhere else by it.</p>
      <Field form={form} name="password" label="New password" hint="At least 8 characters" type="password" autoComplete="new-password" required />
    </Form>
  )
}

// Confirm asks first: programs that look through mails open links, too.
function Confirm({ token }: { token: string }) {
  const [, verify] = useMutation(VerifyEmailDocument)
  const [email, setEmail] = useState<string>()
  const form = useForm(async () => {
    const result = await verify({ token })
    setEmail(result.data?.verifyEmail?.email)
    return result
  })
  if (form.faults.token) return <Void />
  if (email) return <Notice title="Thank you">{email} is confirmed. <Link href="/profile">Your profile</Link></Notice>
  return (
    <Form form={form} title="Confirm your address" action="The address is mine">
      <p>So we know that what we mail you arrives.</p>
    </Form>
  )
}

// Admission makes the account of who knows its password: else a stranger may have asked for it.
function Admission({ token }: { token: string }) {
  const [, confirm] = useMutation(ConfirmSignUpDocument)
  const form = useForm(async values => {
    const result = await confirm({ token, password: String(values.get('password')) })
    if (!result.error) location.replace('/profile') // everything anew, as the user sees it
    return result
  })
  if (form.faults.token) return <Void />
  return (
    <Form form={form} title="Your account" action="Make my account">
      <p>Enter the password that you chose when you signed up.</p>
      <Field form={form} name="password" label="Password" type="password" autoComplete="current-password" required />
    </Form>
  )
}

// Invited makes the account that an administrator offers.
function Invited({ token }: { token: string }) {
  const [, accept] = useMutation(AcceptInvitationDocument)
  const form = useForm(async values => {
    const result = await accept({ token, password: String(values.get('password')), username: String(values.get('username')) || undefined })
    if (!result.error) location.replace('/profile') // everything anew, as the user sees it
    return result
  })
  if (form.faults.token) return <Void />
  return (
    <Form form={form} title="You are invited" action="Make my account">
      <p>Choose a password, and you have an account.</p>
      <Field form={form} name="password" label="Password" hint="At least 8 characters" type="password" autoComplete="new-password" required />
      <Field form={form} name="username" label="Username" hint="Left empty, it is made of your address" autoComplete="username" />
    </Form>
  )
}

function Void() {
  return <Notice title="This link is not good any more">It was used, is too old, or the account has changed. <Link href="/forgotten">Ask for another one</Link></Notice>
}
