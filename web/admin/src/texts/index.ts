import { Store, useStore } from '../store'
import { keep, recall } from '../kept'
import { de } from './de'
import { en, type Texts } from './en'
import { nl } from './nl'
import schema from './schema.json'

const all: Record<string, Texts> = { en, de, nl }
export const languages = Object.keys(all).map(code => ({ code, name: all[code].language }))

const wanted = [recall<string>('language') ?? '', ...navigator.languages.map(l => l.slice(0, 2))]
const language = new Store(wanted.find(code => code in all) ?? 'en')
document.documentElement.lang = language.get()

export function speak(code: string): void {
  keep('language', code)
  document.documentElement.lang = code
  language.set(code)
}

export const useLanguage = () => useStore(language)
export const useTexts = (): Texts => all[useLanguage()]

/** The language of dates and numbers: the reader's own variant of the chosen one. */
const locale = () => navigator.languages.find(l => l.startsWith(language.get())) ?? language.get()

/** What Grapnel's own types say, in other languages than the schema's, and in better English. */
const { words, hints } = schema as Record<'words' | 'hints', Record<string, Record<string, string>>>

/** word is a label of the schema in the chosen language, where we have one for it. */
export const word = (t: Texts, label: string): string => words[label]?.[t.locale] ?? label

/** hint is the beginning of a description, likewise: forms are no manuals. */
export function hint(t: Texts, description: string): string | undefined {
  const first = description.replace(/^For \w+: (\w)/, (_, letter: string) => letter.toUpperCase())
    .split(/(?<=[.;:])\s|\n\n/)[0].replaceAll('`', '').replaceAll('\n', ' ').replace(/[;:.]$/, '')
  return hints[first]?.[t.locale] ?? (first.length < 120 ? first || undefined : undefined)
}

/** once makes a formatter for each locale: to make one costs more than many formats. */
function once<T>(make: (locale: string) => T): () => T {
  const made = new Map<string, T>()
  return () => {
    const now = locale()
    if (!made.has(now)) made.set(now, make(now))
    return made.get(now)!
  }
}

const time = once(l => new Intl.DateTimeFormat(l, { dateStyle: 'medium', timeStyle: 'short' }))
const day = once(l => new Intl.DateTimeFormat(l, { dateStyle: 'medium', timeZone: 'UTC' }))
const bytes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'].map((unit, power) =>
  once(l => new Intl.NumberFormat(l, { style: 'unit', unit, unitDisplay: power > 0 ? 'short' : 'long', maximumFractionDigits: power > 0 ? 1 : 0 })))
const list = once(l => new Intl.ListFormat(l))
const number = once(l => new Intl.NumberFormat(l))

/** So many titles are said, of so many letters. */
const mostTitles = 3
const titleLength = 60

/** sentence is what the server says of a field, which begins with none. */
export const sentence = (message: string) => message.charAt(0).toUpperCase() + message.slice(1)

export const formats = {
  titles: (t: Texts, titles: string[]) => {
    const said = titles.slice(0, mostTitles).map(title => t.quoted(title.length > titleLength ? `${title.slice(0, titleLength - 1)}…` : title))
    return `${list().format(titles.length > mostTitles ? [...said, t.others(titles.length - mostTitles)] : said)}.`
  },
  time: (value: string) => time().format(new Date(value)),
  day: (value: string) => day().format(new Date(`${value}T00:00Z`)),
  bytes: (value: number) => {
    const power = Math.min(bytes.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3))
    return bytes[power]().format(value / 1000 ** power)
  },
  list: (values: string[]) => list().format(values),
  number: (value: number | Intl.StringNumericLiteral) => number().format(value),
}
