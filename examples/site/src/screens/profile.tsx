import { useState } from 'react'
import { useMutation } from 'urql'
import { Redirect } from 'wouter'
import { useAnswer } from '../ask'
import { AccountDocument, type AccountQuery, SignOutDocument, UpdateProfileDocument, UploadPictureDocument } from '../gql/graphql'
import { Face } from '../parts/face'
import { Field, Form, useForm } from '../parts/form'
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
      <button className="plain" onClick={leave}>Sign out {viewer.email}</button>
    </div>
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
