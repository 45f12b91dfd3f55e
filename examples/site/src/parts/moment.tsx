// Dates, in the reader's zone and the site's language.
import { useEffect, useState } from 'react'
import { useSite } from './site'

export function Moment({ at, long }: { at: string, long?: boolean }) {
  const { language } = useSite()
  const date = new Date(at)
  const form = long ? 'withTime' : date.getFullYear() === new Date().getFullYear() ? 'day' : 'dayOfYear'
  // Who points at it sees it to the second: names of zones cost too much for all of a list.
  return <time dateTime={at} onPointerEnter={event => { event.currentTarget.title = say(language, 'exact', date) }}>{say(language, form, date)}</time>
}

// Today is written when the site is there: in its language, and with the first answer at hand.
export function Today() {
  const { language, title } = useSite()
  const [today, setToday] = useState('')
  useEffect(() => { if (title) setToday(say(language, 'weekday', new Date())) }, [language, title])
  return today
}

const forms = {
  exact: { dateStyle: 'full', timeStyle: 'long' },
  withTime: { dateStyle: 'long', timeStyle: 'short' },
  day: { day: 'numeric', month: 'long' },
  dayOfYear: { day: 'numeric', month: 'long', year: 'numeric' },
  weekday: { dateStyle: 'full' },
} satisfies Record<string, Intl.DateTimeFormatOptions>

// To make a formatter costs more than all dates of a page.
const formatters = new Map<string, Intl.DateTimeFormat>()

function say(language: string, form: keyof typeof forms, date: Date) {
  const key = `${language} ${form}`
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(language, forms[form])
  formatters.set(key, formatter)
  return formatter.format(date)
}
