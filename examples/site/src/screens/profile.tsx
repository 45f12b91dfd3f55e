import { useState } from 'react'
import { useMutation, useQuery } from 'urql'
import { Link, Redirect } from 'wouter'
import { useAnswer } from '../ask'
import {
  AccountDocument, type AccountQuery, ChangeEmailDocument, RequestEmailVerificationDocument, SignInProvidersDocument, SignOutDocument, UnlinkIdentityDocument, UpdateProfileDocument, UploadPictureDocument,
} from '../gql/graphql'
import { useAgain } from '../parts/again'
import { Face } from '../parts/face'
import { Field, Form, useForm } from '../parts/form'
import { Providers } from '../parts/providers'
import { useTitle } from '../parts/site'

type Viewer = NonNullable<AccountQuery['viewer']>

export function Profile() {
  useTitle('Your profile')
  const { data, waiting } = useAnswer({ query: AccountDocument, variables: {} })
  if (waiting || !data) return null
  return data.viewer ? <Account viewer={data.viewer} /> : <Redirect to="/sign-in" replace />
}

function Account({ viewer }: { viewer: Viewer }) {
  const [, update] = useMutation(UpdateProfileDocument)
  const [, signOut] = useMutation(SignOutDocument)
  const form = useForm(values => update({ input: {
    id: viewer.id, expectedVersion: viewer.version,
    username: String(values.get('username')), displayName: String(values.get('displayName')) || null, bio: String(values.get('bio')) || null,
  } }))
  const leave = async () => {
    await signOut({})
    location.assign('/') // everything anew, as a visitor sees it
  }
  return (
    <div className="account">
      <Picture viewer={viewer} />
      <Form form={form} title="Your profile" action="Save">
        <Field form={form} name="username" label="Username" defaultValue={viewer.username} required />
        <Field form={form} name="displayName" label="Name to show" defaultValue={viewer.displayName ?? ''} maxLength={100} />
        <Field form={form} name="bio" label="About you" defaultValue={viewer.bio ?? ''} maxLength={2000} lines={4} />
        {form.sent && <p className="done" role="status">Saved.</p>}
      </Form>
      <Address viewer={viewer} />
      <p><Link href="/profile/second-factor">A second factor for your sign-in</Link></p>
      <Identities viewer={viewer} />
      <p><Link href="/profile/leave">Take your data, or delete your account</Link></p>
      <button className="plain" onClick={leave}>Sign out {viewer.email}</button>
    </div>
  )
}

// Address says whether the address is confirmed, and mails a link to it or to another one.
function Address({ viewer }: { viewer: Viewer }) {
  const [{ fetching }, verify] = useMutation(RequestEmailVerificationDocument)
  const [, change] = useMutation(ChangeEmailDocument)
  const [said, setSaid] = useState<string>()
  const confirm = async () => {
    const { error } = await verify({})
    setSaid(error?.graphQLErrors[0]?.message ?? `A mail is on its way to ${viewer.email}.`)
  }
  const form = useForm(async values => {
    const email = String(values.get('email'))
    const result = await change({ email, password: String(values.get('password')) })
    setSaid(result.error ? undefined : `A mail is on its way to ${email}. The address changes when you open its link.`)
    return result
  })
  return (
    <Form form={form} title="Your address" action="Change the address" part>
      <p>
        {viewer.email} is {viewer.emailVerifiedAt ? 'confirmed.' : 'not confirmed yet. '}
        {!viewer.emailVerifiedAt && <button type="button" className="plain" disabled={fetching} onClick={confirm}>Mail me a link</button>}
      </p>
      <Field form={form} name="email" label="New address" type="email" autoComplete="email" required />
      <Field form={form} name="password" label="Your password" type="password" autoComplete="current-password" required />
      {said && <p className="done" role="status">{said}</p>}
    </Form>
  )
}

// Identities are the accounts elsewhere by which the user signs in.
function Identities({ viewer }: { viewer: Viewer }) {
  const [{ data }] = useQuery({ query: SignInProvidersDocument, variables: {} })
  const [, unlink] = useMutation(UnlinkIdentityDocument)
  const { tell, fault, instead } = useAgain(Boolean(viewer.secondFactorAt))
  const offered = data?.signInProviders ?? []
  const linked = viewer.identities ?? []
  if (offered.length + linked.length === 0) return null
  const remove = async (id: string) => {
    const { error } = await unlink({ id })
    if (error) tell(error, () => remove(id))
    else location.reload()
  }
  if (instead) return instead
  return (
    <section className="form">
      <h2>Sign in with</h2>
      {linked.map(({ id, provider, email }) => {
        const label = offered.find(p => p.name === provider)?.label ?? provider
        return <p key={id}>{label}{email && `, ${email}`} <button className="plain" aria-label={`Unlink ${label}`} onClick={() => remove(id)}>Unlink</button></p>
      })}
      <Providers link tell={tell} />
      {fault && <p className="fault" role="alert">{fault}</p>}
    </section>
  )
}

// Picture shows the user's picture and puts another in its place.
function Picture({ viewer }: { viewer: Viewer }) {
  const [{ fetching: uploading }, upload] = useMutation(UploadPictureDocument)
  const [{ fetching: updating }, update] = useMutation(UpdateProfileDocument)
  const [fault, setFault] = useState<string>()
  const busy = uploading || updating
  const replace = async (file?: File) => {
    if (!file) return
    const { data, error } = await upload({ file })
    const asset = data?.uploadAsset?.asset
    if (!asset) return setFault(error?.graphQLErrors[0]?.message ?? 'The picture did not arrive. Try again.')
    if (!asset.contentType.startsWith('image/')) return setFault('This file is no picture.')
    const { error: refused } = await update({ input: { id: viewer.id, avatarId: asset.id } })
    setFault(refused?.graphQLErrors[0]?.message)
  }
  return (
    <label className="picture" aria-busy={busy}>
      <Face of={viewer} size={128} />
      <span>{busy ? 'Uploading …' : 'Change your picture'}</span>
      <input type="file" accept="image/*" disabled={busy} onChange={event => replace(event.target.files?.[0])} />
      {fault && <span className="fault" role="alert">{fault}</span>}
    </label>
  )
}
