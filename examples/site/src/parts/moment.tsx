// Dates, in the reader's zone and the site's language.
import { useSite } from './site'

export function Moment({ at, long }: { at: string, long?: boolean }) {
  const { language } = useSite()
  const date = new Date(at)
  const exact = date.toLocaleString(language, { dateStyle: 'full', timeStyle: 'long' })
  const shown = long
    ? date.toLocaleString(language, { dateStyle: 'long', timeStyle: 'short' })
    : date.toLocaleDateString(language, { day: 'numeric', month: 'long', year: isThisYear(date) ? undefined : 'numeric' })
  return <time dateTime={at} title={exact}>{shown}</time>
}

export function Today() {
  const { language } = useSite()
  return import.meta.env.SSR ? null : new Date().toLocaleDateString(language, { dateStyle: 'full' })
}

const isThisYear = (date: Date) => date.getFullYear() === new Date().getFullYear()
