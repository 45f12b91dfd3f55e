import { Store, useStore } from '../store'
import { keep, recall } from '../kept'
import { de } from './de'
import { en, type Texts } from './en'
import { nl } from './nl'

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

/** word is a label of the schema in the chosen language, where we have one for it. */
export function word(t: Texts, label: string): string {
  return (t.words as Record<string, string>)[label] ?? label
}

export const formats = {
  time: (value: string) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(value)),
  day: (value: string) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${value}T00:00Z`)),
  bytes: (value: number) => {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
    const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3))
    return new Intl.NumberFormat(locale(), { style: 'unit', unit: units[power], maximumFractionDigits: power > 0 ? 1 : 0 }).format(value / 1000 ** power)
  },
  number: (value: number) => new Intl.NumberFormat(locale()).format(value),
}
