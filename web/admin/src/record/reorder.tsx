import { ActionIcon, Box, Group } from '@mantine/core'
import { IconGripVertical } from '@tabler/icons-react'
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { useTexts } from '../texts'
import { depthOf, isWithin, parentOf, placeAt, placeBy, without, type Line, type Path } from './tree'

interface LinesProps<T> {
  lines: Line<T>[]
  /** allows reports whether an entry may go to a place: a path among those that remain without it. */
  allows: (from: Path, to: Path) => boolean
  move: (from: Path, to: Path) => void
  render: (line: Line<T>) => ReactNode
  nameOf: (line: Line<T>) => string
  /** Whether entries go below others. */
  nested?: boolean
}

/** So much further right is a level below. */
const indent = 28

const keyOf = (path: Path) => path.join('.')

/** Lines are entries that are moved by a handle: dragged, or with the arrow keys. */
export function Lines<T>({ lines, allows, move, render, nameOf, nested }: LinesProps<T>) {
  const t = useTexts()
  const rows = useRef(new Map<string, HTMLElement>())
  const [dragged, setDragged] = useState<{ path: Path; x: number; depth: number }>()
  const [said, say] = useState('')

  function go(from: Path, to: Path | undefined): boolean {
    if (!to || keyOf(to) === keyOf(from)) return false
    if (!allows(from, to)) {
      say(t.cannotMove)
      return false
    }
    const parent = keyOf(parentOf(to))
    const others = lines.map(line => ({ ...line, path: without(line.path, from) })).filter(line => line.path !== undefined) as Line<T>[]
    const all = others.filter(line => keyOf(parentOf(line.path)) === parent).length + 1
    const above = others.find(line => keyOf(line.path) === parent)
    move(from, to)
    say(above ? t.movedBelow(to.at(-1)! + 1, all, nameOf(above)) : t.movedTo(to.at(-1)! + 1, all))
    return true
  }
  function key(event: KeyboardEvent, path: Path) {
    const to = placeBy(lines, path, event.key, nested)
    if (to === undefined) return
    event.preventDefault()
    if (go(path, to)) requestAnimationFrame(() => rows.current.get(keyOf(to))?.querySelector('button')?.focus())
  }
  const follow = (event: globalThis.PointerEvent) => {
    if (!dragged) return
    const { path } = dragged
    const others = lines.filter(line => !isWithin(line.path, path))
    const above = others.filter(line => {
      const box = rows.current.get(keyOf(line.path))!.getBoundingClientRect()
      return box.top + box.height / 2 < event.clientY
    }).length
    const wanted = nested ? dragged.depth + Math.round((event.clientX - dragged.x) / indent) : 0
    const to = placeAt(others.map(line => without(line.path, path)!), above, wanted, nested, to => keyOf(to) === keyOf(path) || allows(path, to))
    if (to && go(path, to)) setDragged({ ...dragged, path: to })
  }
  const latest = useRef(follow)
  latest.current = follow
  const dragging = dragged !== undefined
  useEffect(() => {
    if (!dragging) return
    const over = (e: globalThis.PointerEvent) => latest.current(e)
    const end = () => setDragged(undefined)
    addEventListener('pointermove', over)
    addEventListener('pointerup', end)
    addEventListener('pointercancel', end)
    return () => { removeEventListener('pointermove', over); removeEventListener('pointerup', end); removeEventListener('pointercancel', end) }
  }, [dragging])
  const handle = (path: Path) => ({
    onPointerDown: (e: PointerEvent) => { if (e.button === 0) setDragged({ path, x: e.clientX, depth: depthOf(path) }) },
    onKeyDown: (e: KeyboardEvent) => key(e, path),
  })

  return (
    <Box style={dragging ? { userSelect: 'none', cursor: 'grabbing' } : undefined}>
      <span className="hidden" aria-live="polite">{said}</span>
      {lines.length > 0 && (
        <div role="list">
          {lines.map(line => (
            <Group key={keyOf(line.path)} role="listitem" ref={el => { if (el) rows.current.set(keyOf(line.path), el); else rows.current.delete(keyOf(line.path)) }} wrap="nowrap" gap={4} align="flex-start" py={4}
              pl={depthOf(line.path) * indent} opacity={dragged && isWithin(line.path, dragged.path) ? 0.6 : 1}>
              {lines.length > 1 && (
                <ActionIcon mt={4} style={{ cursor: 'grab', touchAction: 'none' }} aria-label={t.move(nameOf(line))} title={nested ? t.moveTreeHint : t.moveHint} {...handle(line.path)}><IconGripVertical size={16} /></ActionIcon>
              )}
              <Box flex={1} miw={0}>{render(line)}</Box>
            </Group>
          ))}
        </div>
      )}
    </Box>
  )
}

interface Props<T> { items: T[]; onChange: (items: T[]) => void; render: (item: T, i: number) => ReactNode; nameOf: (item: T, i: number) => string }

export function moved<T>(items: T[], from: number, to: number): T[] {
  return items.toSpliced(from, 1).toSpliced(to, 0, items[from])
}

/** Reorder is a list whose entries are moved. */
export function Reorder<T>({ items, onChange, render, nameOf }: Props<T>) {
  return <Lines lines={items.map((item, i) => ({ item, path: [i] }))} allows={() => true} move={([from], [to]) => onChange(moved(items, from, to))}
    render={({ item, path: [i] }) => render(item, i)} nameOf={({ item, path: [i] }) => nameOf(item, i)} />
}
