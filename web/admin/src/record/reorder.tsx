import { ActionIcon, Box, Group } from '@mantine/core'
import { IconGripVertical } from '@tabler/icons-react'
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { useTexts } from '../texts'

interface Props<T> {
  items: T[]
  onChange: (items: T[]) => void
  render: (item: T, i: number) => ReactNode
  nameOf: (item: T, i: number) => string
  disabled?: boolean
}

export function moved<T>(items: T[], from: number, to: number): T[] {
  const rest = items.toSpliced(from, 1)
  return rest.toSpliced(to, 0, items[from])
}

/** Reorder is a list whose entries are moved by a handle: dragged, or with the arrow keys. */
export function Reorder<T>({ items, onChange, render, nameOf, disabled }: Props<T>) {
  const t = useTexts()
  const rows = useRef<(HTMLDivElement | null)[]>([])
  const [dragged, setDragged] = useState<number>()
  const [said, say] = useState('')

  function move(from: number, to: number) {
    if (to < 0 || to >= items.length || to === from) return false
    onChange(moved(items, from, to))
    say(t.movedTo(to + 1, items.length))
    return true
  }
  function key(event: KeyboardEvent, i: number) {
    const to = event.key === 'ArrowUp' ? i - 1 : event.key === 'ArrowDown' ? i + 1 : event.key === 'Home' ? 0 : event.key === 'End' ? items.length - 1 : i
    if (to === i) return
    event.preventDefault()
    if (move(i, to)) requestAnimationFrame(() => rows.current[to]?.querySelector('button')?.focus())
  }
  function drag(event: PointerEvent, i: number) {
    if (dragged === undefined) return
    const box = (n: number) => rows.current[n]?.getBoundingClientRect()
    const above = box(i - 1)
    const below = box(i + 1)
    const to = above && event.clientY < above.top + above.height / 2 ? i - 1 : below && event.clientY > below.top + below.height / 2 ? i + 1 : i
    if (to !== i && move(i, to)) setDragged(to)
  }
  const handle = (i: number) => ({
    onPointerDown: (e: PointerEvent) => { if (e.button === 0) setDragged(i) },
    onKeyDown: (e: KeyboardEvent) => key(e, i),
  })

  return (
    <Box onPointerMove={dragged === undefined ? undefined : e => drag(e, dragged)} onPointerUp={() => setDragged(undefined)} onPointerLeave={() => setDragged(undefined)}
      style={dragged === undefined ? undefined : { userSelect: 'none', cursor: 'grabbing' }}>
      <span className="hidden" aria-live="polite">{said}</span>
      {items.map((item, i) => (
        <Group key={i} ref={el => { rows.current[i] = el }} wrap="nowrap" gap={4} align="flex-start" py={4} opacity={dragged === i ? 0.6 : 1}>
          {!disabled && items.length > 1 && (
            <ActionIcon mt={4} style={{ cursor: 'grab', touchAction: 'none' }} aria-label={t.move(nameOf(item, i))} title={t.moveHint} {...handle(i)}><IconGripVertical size={16} /></ActionIcon>
          )}
          <Box flex={1} miw={0}>{render(item, i)}</Box>
        </Group>
      ))}
    </Box>
  )
}
