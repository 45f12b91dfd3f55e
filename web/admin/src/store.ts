import { useSyncExternalStore } from 'react'

/** Store holds one value that components follow. */
export class Store<T> {
  #value: T
  #listeners = new Set<() => void>()

  constructor(value: T) { this.#value = value }

  get = (): T => this.#value

  set = (value: T): void => {
    if (Object.is(value, this.#value)) return
    this.#value = value
    this.#listeners.forEach(tell => tell())
  }

  subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell)
    return () => this.#listeners.delete(tell)
  }
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get)
}
