import { useEffect, useReducer, useRef } from 'react'
import type { Row } from '../api/documents'
import type { Action, Type } from '../api/schema'
import type { Fault } from '../api/session'
import { upload } from '../api/upload'
import { useSite } from '../context'
import { useTexts } from '../texts'
import { isFault, showFault, uploadFault } from './fault'

/** A file on its way: part says how far, fault why not, sent what the server made of it. */
export interface Upload { file: File; part: number; fault?: Fault; sent?: Row; delivered?: boolean; stop: AbortController }

interface Want {
  type: Type | undefined
  action: Action | null | undefined // what takes the file
  input?: object // what it takes beside the file
  deliver: (sent: Row[]) => void // gets them in the order in which they were added
}

export type Uploads = ReturnType<typeof useUploads>

/** useUploads sends files, and keeps those that failed to be tried again. */
export function useUploads({ type, action, input = {}, deliver }: Want) {
  const t = useTexts()
  const { schema } = useSite()
  const [, draw] = useReducer((n: number) => n + 1, 0)
  const items = useRef<Upload[]>([])
  const latest = useRef(deliver)
  latest.current = deliver
  const shown = useRef(false)
  useEffect(() => { shown.current = true; return () => { shown.current = false } }, [])

  function settle() {
    const sent: Row[] = []
    for (const item of items.current) {
      if (!item.sent && !item.fault) break // those behind it wait
      if (item.sent && !item.delivered) { item.delivered = true; sent.push(item.sent) }
    }
    if (sent.length > 0 && shown.current) latest.current(sent) // who is gone would bring back what it was part of
    draw()
  }
  async function run(item: Upload) {
    Object.assign(item, { part: 0, fault: undefined, stop: new AbortController() })
    const { signal } = item.stop
    draw()
    try {
      item.sent = await upload(schema, type!, action!, input, item.file, part => { item.part = part; draw() }, signal)
    } catch (thrown) {
      if (signal.aborted) return
      item.fault = isFault(thrown) ? thrown : { message: '' }
      if (!shown.current) showFault(t, { message: `${item.file.name}: ${uploadFault(t, item.fault)}` }) // nobody sees the list any more
    }
    settle()
  }
  return {
    items: items.current,
    busy: items.current.some(item => !item.sent && !item.fault),
    add(files: Iterable<File>) {
      const more = [...files].map(file => ({ file, part: 0, stop: new AbortController() }))
      items.current = [...items.current.filter(item => !item.delivered), ...more]
      more.forEach(item => void run(item))
    },
    retry: (item: Upload) => void run(item),
    /** drop takes a file away, and stops it if it is on its way. */
    drop(item: Upload) {
      item.stop.abort()
      items.current = items.current.filter(other => other !== item)
      settle()
    },
    clear() { items.current = []; draw() },
  }
}
