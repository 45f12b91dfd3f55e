import { useSyncExternalStore } from 'react'
import type { Row } from '../api/documents'

export type Values = Record<string, unknown>
/** Errors say what is wrong by where it is: `title`, `parts.2.name`. */
export type Errors = Record<string, string>

export const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/**
 * Draft is a record as it is edited, beside what is stored. Each input follows its own
 * field alone, so that typing costs the same in a form of any length.
 */
export class Draft {
  base: Values
  #values: Values
  #errors: Errors = {}
  #listeners = new Set<() => void>()

  constructor(base: Values) {
    this.base = base
    this.#values = { ...base }
  }

  get values(): Readonly<Values> { return this.#values }

  get = (name: string) => this.#values[name]
  set(name: string, value: unknown, path = name): void {
    if (Object.is(value, this.#values[name])) return
    this.#values = { ...this.#values, [name]: value }
    if (Object.keys(this.#errors).some(at => isAt(at, path))) { // otherwise they stay the same, and nobody who follows them is drawn anew
      this.#errors = Object.fromEntries(Object.entries(this.#errors).filter(([at]) => !isAt(at, path)))
    }
    this.#tell()
  }

  errors = (): Errors => this.#errors
  fail(errors: Errors): void { this.#errors = errors; this.#tell() }

  dirty = (): string[] => Object.keys(this.#values).filter(name => !same(this.#values[name], this.base[name]))

  /** rebase takes over what is stored now, and keeps what was edited except for some fields. */
  rebase(stored: Row | Values, except: string[] = []): void {
    const kept = this.dirty().filter(name => !except.includes(name))
    this.base = stored
    this.#values = { ...stored, ...Object.fromEntries(kept.map(name => [name, this.#values[name]])) }
    this.#tell()
  }

  /** replace edits many fields at a time. */
  replace(values: Values): void { this.#values = { ...this.#values, ...values }; this.#tell() }

  subscribe = (tell: () => void) => { this.#listeners.add(tell); return () => { this.#listeners.delete(tell) } }
  #tell() { this.#listeners.forEach(tell => tell()) }
}

export const isAt = (path: string, name: string) => path === name || path.startsWith(`${name}.`)

export const useFollow = <T>(draft: Draft, read: (draft: Draft) => T): T => useSyncExternalStore(draft.subscribe, () => read(draft))

export const useIsDirty = (draft: Draft) => useFollow(draft, d => d.dirty().length > 0)
