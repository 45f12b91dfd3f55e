// Times as inputs of browsers have them: in the reader's zone, without saying so.

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

const two = (n: number) => String(n).padStart(2, '0')

/** toLocal writes a moment for an input of type datetime-local; seconds only where there are some. */
export function toLocal(moment: string | null | undefined): string {
  const d = new Date(moment ?? '')
  if (Number.isNaN(d.getTime())) return ''
  const seconds = d.getSeconds() || d.getMilliseconds() ? `:${two(d.getSeconds())}` : ''
  return `${String(d.getFullYear()).padStart(4, '0')}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}${seconds}`
}

/** fromLocal is the moment that an input means; null for none. */
export function fromLocal(text: string): string | null {
  const d = new Date(text)
  return text === '' || Number.isNaN(d.getTime()) ? null : d.toISOString()
}
