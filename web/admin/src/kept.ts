// What this browser remembers: choices and unsaved texts, never a token.

const prefix = 'grapnel.admin.'

export function recall<T>(name: string): T | undefined {
  try {
    const text = localStorage.getItem(prefix + name)
    return text === null ? undefined : (JSON.parse(text) as T)
  } catch {
    return undefined // no storage, or not ours
  }
}

/** keep remembers a value; undefined forgets it. A full or forbidden storage is no error. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(prefix + name)
    else localStorage.setItem(prefix + name, JSON.stringify(value))
  } catch { /* then it is forgotten */ }
}

/** forget removes all whose names begin so. */
export function forget(beginning: string): void {
  try {
    Object.keys(localStorage).filter(name => name.startsWith(prefix + beginning)).forEach(name => localStorage.removeItem(name))
  } catch { /* there is none */ }
}
