// Trees: values that hold lists of values like them. A path is where one stands: its
// index in the list, below those of the values around it.
import type { Field, Schema } from '../api/schema'

export type Path = number[]

export interface Line<T> { item: T; path: Path }

type Branches = Record<string, unknown>

/** branchOf is the field of an embedded type that makes a list of it a tree. */
export const branchOf = (schema: Schema, field: Field): Field | undefined =>
  field.list ? schema.embedded(field.of)?.fields.find(f => f.kind === 'EMBEDDED' && f.list && f.of === field.of && f.input) : undefined

export const depthOf = (path: Path) => path.length - 1
export const parentOf = (path: Path) => path.slice(0, -1)
export const isWithin = (path: Path, root: Path) => root.every((n, i) => path[i] === n)

const below = (item: Branches, branch: string) => (item[branch] ?? []) as Branches[]

/** linesOf are all values of a tree, from the top. */
export function linesOf(items: Branches[], branch: string, path: Path = []): Line<Branches>[] {
  return items.flatMap((item, i) => [{ item, path: [...path, i] }, ...linesOf(below(item, branch), branch, [...path, i])])
}

/** heightOf is how many levels a value has, its own among them. */
export const heightOf = (item: Branches, branch: string): number => 1 + Math.max(0, ...below(item, branch).map(one => heightOf(one, branch)))

/** edited is a tree in which the list at a path is another one. */
function edited(items: Branches[], branch: string, list: Path, edit: (list: Branches[]) => Branches[]): Branches[] {
  if (list.length === 0) return edit(items)
  const [i, ...rest] = list
  return items.with(i, { ...items[i], [branch]: edited(below(items[i], branch), branch, rest, edit) })
}

export const itemAt = (items: Branches[], branch: string, [i, ...rest]: Path): Branches =>
  (rest.length === 0 ? items[i] : itemAt(below(items[i], branch), branch, rest))

export const listAt = (items: Branches[], branch: string, list: Path): Branches[] => (list.length === 0 ? items : below(itemAt(items, branch, list), branch))

export const removed = (items: Branches[], branch: string, path: Path) => edited(items, branch, parentOf(path), list => list.toSpliced(path.at(-1)!, 1))
export const inserted = (items: Branches[], branch: string, path: Path, item: Branches) => edited(items, branch, parentOf(path), list => list.toSpliced(path.at(-1)!, 0, item))
export const replaced = (items: Branches[], branch: string, path: Path, item: Branches) => edited(items, branch, parentOf(path), list => list.with(path.at(-1)!, item))

/** movedTo takes a value from its place and puts it where `to` is without it. */
export const movedTo = (items: Branches[], branch: string, from: Path, to: Path) =>
  inserted(removed(items, branch, from), branch, to, itemAt(items, branch, from))

/** without is a path when what is at another one is taken away; undefined for what goes with it. */
export function without(path: Path, gone: Path): Path | undefined {
  if (isWithin(path, gone)) return undefined
  const level = depthOf(gone)
  return path.length > level && isWithin(path, parentOf(gone)) && path[level] > gone[level] ? path.with(level, path[level] - 1) : path
}

/** placeBy is where a key moves the entry at a path; undefined for other keys, and the path itself where there is no way. */
export function placeBy(lines: Line<unknown>[], path: Path, key: string, nested = false): Path | undefined {
  const parent = parentOf(path)
  const i = path.at(-1)!
  const last = lines.filter(line => line.path.length === path.length && isWithin(line.path, parent)).length - 1
  const out = parent.length > 0 && [...parentOf(parent), parent.at(-1)! + 1]
  const before = [...parent, i - 1]
  switch (key) {
    case 'Home': return [...parent, 0]
    case 'End': return [...parent, last]
    case 'ArrowUp': return i > 0 ? before : parent.length > 0 ? parent : path
    case 'ArrowDown': return i < last ? [...parent, i + 1] : out || path
    case 'ArrowLeft': return nested ? out || path : undefined
    case 'ArrowRight':
      if (!nested) return undefined
      return i > 0 ? [...before, lines.filter(line => line.path.length === path.length + 1 && isWithin(line.path, before)).length] : path
  }
  return undefined
}

/**
 * placeAt is where something goes that is held behind so many of the others, at the level
 * that comes next to the wanted one of those that are allowed there.
 */
export function placeAt(others: Path[], behind: number, wanted: number, nested = false, allows: (to: Path) => boolean = () => true): Path | undefined {
  const previous = others[behind - 1]
  const next = others[behind]
  const least = next ? depthOf(next) : 0
  const most = previous && nested ? depthOf(previous) + 1 : 0
  const places = Array.from({ length: Math.max(0, most - least + 1) }, (_, n) => least + n).map(depth => {
    if (!previous) return [0]
    if (depth > depthOf(previous)) return [...previous, 0]
    return [...previous.slice(0, depth), previous[depth] + 1]
  })
  return places.filter(allows).sort((a, b) => Math.abs(depthOf(a) - wanted) - Math.abs(depthOf(b) - wanted))[0]
}
