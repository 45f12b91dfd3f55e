import { useState } from 'react'
import { type OperationResult, useClient, useMutation } from 'urql'
import { Link, Redirect } from 'wouter'
import { useAnswer } from '../ask'
import { AccountDocument, DeleteAccountDocument, MyDataDocument, type MyDataQuery } from '../gql/graphql'
import { Field, Form, useForm } from '../parts/form'
import { useTitle } from '../parts/site'

// Leave gives people what is stored about them, and deletes their account.
export function Leave() {
  useTitle('Your data')
  const { data, waiting } = useAnswer({ query: AccountDocument, variables: {} })
  if (waiting || !data) return null
  if (!data.viewer) return <Redirect to="/sign-in" replace />
  return (
    <div className="account">
      <MyData />
      <Deletion />
      <p><Link href="/profile">Your profile</Link></p>
    </div>
  )
}

function MyData() {
  const client = useClient()
  const [said, setSaid] = useState<string>()
  const [busy, setBusy] = useState(false)
  const take = async () => {
    setBusy(true)
    const records = []
    let after: string | null = null
    for (;;) {
      const { data, error }: OperationResult<MyDataQuery> = await client.query(MyDataDocument, { after }, { requestPolicy: 'network-only' })
      if (!data) {
        setSaid(error?.graphQLErrors[0]?.message ?? 'The server cannot be reached. Try again.')
        break
      }
      for (const { type, json, url } of data.exportMyData) records.push({ type, data: JSON.parse(json), ...url && { url } })
      after = data.exportMyData.at(-1)?.cursor ?? null
      if (!after) {
        save(records)
        setSaid(`${records.length} records are in my-data.json.`)
        break
      }
    }
    setBusy(false)
  }
  return (
    <section className="form">
      <h1>Your data</h1>
      <p>All that is stored about you, as a file. Of pictures and other files it has the addresses.</p>
      {said && <p className="done" role="status">{said}</p>}
      <button className="primary" disabled={busy} onClick={take}>Take my data</button>
    </section>
  )
}

// save has the browser keep a file.
function save(records: object[]) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([JSON.stringify(records, null, 2)], { type: 'application/json' }))
  link.download = 'my-data.json'
  link.click()
  URL.revokeObjectURL(link.href)
}

function Deletion() {
  const [, remove] = useMutation(DeleteAccountDocument)
  const form = useForm(async values => {
    const content = values.get('everything') ? 'DELETE' : 'KEEP'
    const result = await remove({ input: { password: String(values.get('password')), content } })
    if (!result.error) location.assign('/') // everything anew, as a visitor sees it
    return result
  })
  return (
    <Form form={form} title="Delete your account" action="Delete my account" part>
      <p>It cannot be undone. What you have published stays, without your name, unless you want it gone.</p>
      <label><input type="checkbox" name="everything" /> Delete what I have published, too</label>
      <Field form={form} name="password" label="Your password" type="password" autoComplete="current-password" required />
    </Form>
  )
}
