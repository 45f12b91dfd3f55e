import type { ReactNode } from 'react'

// Notice stands where there is nothing else to show, and says why.
export function Notice({ title, children }: { title: string, children?: ReactNode }) {
  return (
    <section className="notice">
      <h1>{title}</h1>
      {children && <p>{children}</p>}
    </section>
  )
}
