import type { FormEvent, InputHTMLAttributes, ReactNode } from 'react'
import { useState } from 'react'
import type { CombinedError } from 'urql'

// Faults are what the server says of each field, and of the whole under ''.
type Faults = Record<string, string>

function faultsOf(error: CombinedError): Faults {
  const [first] = error.graphQLErrors
  const fields = first?.extensions.fields as { path: string, message: string }[] | undefined
  if (fields?.length) return Object.fromEntries(fields.map(({ path, message }) => [path, message]))
  return { '': first?.message ?? 'The server cannot be reached. Try again.' }
}

type Send = (values: FormData) => Promise<{ error?: CombinedError }>

// useForm sends a form and shows what the server says of it. What was typed stays.
export function useForm(send: Send) {
  const [faults, setFaults] = useState<Faults>({})
  const [sending, setSending] = useState(false)
  const [sent, setSent] = useState(false)
  return {
    faults, sending, sent,
    async onSubmit(event: FormEvent<HTMLFormElement>) {
      event.preventDefault()
      setSending(true)
      const { error } = await send(new FormData(event.currentTarget))
      setFaults(error ? faultsOf(error) : {})
      setSent(!error)
      setSending(false)
    },
  }
}

type Form = ReturnType<typeof useForm>

// Form has the title of its screen, or of a part of it.
export function Form({ form, title, action, part, children }: { form: Form, title: string, action: string, part?: boolean, children: ReactNode }) {
  const Title = part ? 'h2' : 'h1'
  return (
    <form className="form" onSubmit={form.onSubmit}>
      <Title>{title}</Title>
      {children}
      {form.faults[''] && <p className="fault" role="alert">{form.faults['']}</p>}
      <button className="primary" disabled={form.sending}>{action}</button>
    </form>
  )
}

interface Field extends Omit<InputHTMLAttributes<HTMLInputElement>, 'form'> { form: Form, name: string, label: string, hint?: string, lines?: number }

export function Field({ form, name, label, hint, lines, ...input }: Field) {
  const fault = form.faults[name]
  const Input = lines ? 'textarea' : 'input'
  return (
    <label className="field">
      <span>{label}</span>
      <Input name={name} rows={lines} aria-invalid={!!fault} aria-describedby={`${name}-note`} {...input as object} />
      <small id={`${name}-note`} className={fault ? 'fault' : ''} role={fault ? 'alert' : undefined}>{fault ?? hint}</small>
    </label>
  )
}
