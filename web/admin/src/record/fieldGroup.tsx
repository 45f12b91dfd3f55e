import { Input } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Around } from '../parts/scalar'

/** FieldGroup stands around the inputs of a field that has several. What is wrong with them together leads here. */
export function FieldGroup({ children, ...around }: Around & { children: ReactNode }) {
  return (
    <Input.Wrapper {...around} labelElement="div" role="group" aria-label={typeof around.label === 'string' ? around.label : undefined}
      tabIndex={-1} data-invalid={around.error ? true : undefined}>
      <div>{children}</div>
    </Input.Wrapper>
  )
}
