import { ActionIcon, Alert, Button, FileButton, Group, Paper, Progress, Stack, Text } from '@mantine/core'
import { IconCheck, IconRefresh, IconUpload, IconX } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { upload } from '../api/upload'
import type { Fault } from '../api/session'
import { faultText, isFault } from '../parts/fault'
import { useTexts } from '../texts'

/** A file on its way: part says how far, fault why not. */
interface Item { file: File; part: number; fault?: Fault; done?: boolean }

/** So many files are sent at a time. */
const atOnce = 2

/** useUploads sends many files, and keeps those that failed to be tried again. */
function useUploads(done: () => void) {
  const [items, setItems] = useState<Item[]>([])
  const waiting = useRef<Item[]>([])
  const running = useRef(0)
  const edit = (item: Item, change: Partial<Item>) => { Object.assign(item, change); setItems(all => [...all]) }
  async function work() {
    if (running.current >= atOnce) return
    const item = waiting.current.shift()
    if (!item) return
    running.current++
    void work()
    try {
      await upload(item.file, {}, part => edit(item, { part }))
      edit(item, { done: true, part: 1 })
    } catch (thrown) {
      edit(item, { fault: isFault(thrown) ? thrown : { message: '' } })
    }
    running.current--
    if (waiting.current.length > 0) return work()
    if (running.current === 0) done()
  }
  const begin = (more: Item[]) => { waiting.current.push(...more); void work() }
  return {
    items,
    add: (files: Iterable<File>) => {
      const more = [...files].map(file => ({ file, part: 0 }))
      setItems(all => [...all.filter(item => !item.done), ...more])
      begin(more)
    },
    retry: (item: Item) => { edit(item, { fault: undefined, part: 0 }); begin([item]) },
    drop: (item: Item) => setItems(all => all.filter(other => other !== item)),
    clear: () => setItems([]),
  }
}

/** Uploads takes files by a button or dropped anywhere on the page, and shows how far they are. */
export function Uploads({ done }: { done: () => void }) {
  const t = useTexts()
  const { items, add, retry, drop, clear } = useUploads(done)
  const take = useRef(add)
  take.current = add
  useEffect(() => {
    const over = (e: DragEvent) => { if (e.dataTransfer?.types.includes('Files')) e.preventDefault() }
    const dropped = (e: DragEvent) => { if (e.dataTransfer?.files.length) { e.preventDefault(); take.current(e.dataTransfer.files) } }
    addEventListener('dragover', over)
    addEventListener('drop', dropped)
    return () => { removeEventListener('dragover', over); removeEventListener('drop', dropped) }
  }, [])
  const busy = items.some(item => !item.done && !item.fault)
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <FileButton multiple onChange={files => add(files)}>{props => <Button {...props} leftSection={<IconUpload size={17} />}>{t.upload}</Button>}</FileButton>
        <Text size="sm" c="dimmed" visibleFrom="sm">{t.dropHint}</Text>
      </Group>
      {items.length > 0 && (
        <Paper p="xs" role="region" aria-label={t.upload}>
          <Stack gap={6} mah={260} style={{ overflowY: 'auto' }}>
            {items.map((item, i) => (
              <Group key={i} gap="xs" wrap="nowrap">
                <Text size="sm" truncate flex={1}>{item.file.name}</Text>
                {item.fault
                  ? <><Alert color="red" p={4} role="alert"><Text size="xs">{faultText(t, item.fault)}</Text></Alert><ActionIcon aria-label={`${t.retry}: ${item.file.name}`} onClick={() => retry(item)}><IconRefresh size={16} /></ActionIcon></>
                  : item.done ? <IconCheck size={17} color="var(--mantine-color-teal-6)" aria-label={t.done} /> : <Progress w={160} value={item.part * 100} aria-label={t.uploading(item.file.name)} />}
                {(item.fault || item.done) && <ActionIcon aria-label={`${t.remove}: ${item.file.name}`} onClick={() => drop(item)}><IconX size={15} /></ActionIcon>}
              </Group>
            ))}
          </Stack>
          {!busy && <Button mt={6} size="compact-xs" variant="subtle" onClick={clear}>{t.close}</Button>}
        </Paper>
      )}
    </Stack>
  )
}
