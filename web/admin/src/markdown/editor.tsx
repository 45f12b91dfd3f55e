import { ActionIcon, Box, Divider, Group, Input, Paper, SegmentedControl } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconBlockquote, IconBold, IconCode, IconHeading, IconItalic, IconLink, IconList, IconListNumbers, IconPhoto } from '@tabler/icons-react'
import { useDeferredValue, useMemo, useRef, useState, type ClipboardEvent, type DragEvent } from 'react'
import type { Reference } from '../api/documents'
import { isFile } from '../api/schema'
import { useSite } from '../context'
import type { Around } from '../parts/scalar'
import { UploadList } from '../parts/uploadList'
import { useUploads } from '../parts/useUploads'
import { isImage, pathOfFile } from '../parts/value'
import { useTexts } from '../texts'
import { preview } from './preview'
import './style.css'

interface Props { value: string; onChange: (value: string) => void; around: Around }

/** MarkdownEditor is a textarea with helpers, beside what readers will see. */
export default function MarkdownEditor({ value, onChange, around }: Props) {
  const t = useTexts()
  const narrow = useMediaQuery('(max-width: 75em)') ?? false
  const [mode, setMode] = useState<'write' | 'both' | 'read'>('write')
  const area = useRef<HTMLTextAreaElement>(null)
  const file = useRef<HTMLInputElement>(null)
  const files = useSite().schema.types.find(type => isFile(type) && type.upload)
  const uploads = useUploads({ type: files, action: files?.upload, deliver: sent => sent.forEach(row => show(row as unknown as Reference)) })
  const shown = mode === 'both' && narrow ? 'write' : mode

  /** insert types a text, so that it can be undone as what was typed. */
  function insert(text: string, start?: number, end?: number) {
    const el = area.current
    if (!el) return
    el.focus()
    if (start !== undefined) el.setSelectionRange(start, end ?? start)
    if (!document.execCommand('insertText', false, text)) onChange(el.value.slice(0, el.selectionStart) + text + el.value.slice(el.selectionEnd))
  }
  const wrap = (before: string, after = before) => {
    const el = area.current!
    const { selectionStart: start, selectionEnd: end } = el
    insert(before + el.value.slice(start, end) + after)
    el.setSelectionRange(start + before.length, end + before.length)
  }
  /** Each line that is touched begins with the mark. */
  const lines = (mark: (i: number) => string) => {
    const el = area.current!
    const start = el.value.lastIndexOf('\n', el.selectionStart - 1) + 1
    const end = el.selectionEnd
    insert(el.value.slice(start, end).split('\n').map((line, i) => mark(i) + line).join('\n'), start, end)
  }
  function show(file: Reference) {
    const name = (file.alt || file._title || '').replace(/[[\]]/g, '')
    insert(`${isImage(file) ? '!' : ''}[${name}](${pathOfFile(file.url!)})\n`)
  }
  const take = (list: FileList | null) => { if (files && list) uploads.add(list) }
  const paste = (e: ClipboardEvent) => { if (e.clipboardData.files.length > 0) { e.preventDefault(); take(e.clipboardData.files) } }
  const drop = (e: DragEvent) => { if (e.dataTransfer.files.length > 0) { e.preventDefault(); take(e.dataTransfer.files) } }

  const tools = [
    { label: t.heading, icon: IconHeading, run: () => lines(() => '## ') },
    { label: t.bold, icon: IconBold, run: () => wrap('**'), key: 'b' },
    { label: t.italic, icon: IconItalic, run: () => wrap('_'), key: 'i' },
    { label: t.link, icon: IconLink, run: () => wrap('[', '](https://)'), key: 'k' },
    { label: t.quote, icon: IconBlockquote, run: () => lines(() => '> ') },
    { label: t.bullets, icon: IconList, run: () => lines(() => '- ') },
    { label: t.numbers, icon: IconListNumbers, run: () => lines(i => `${i + 1}. `) },
    { label: t.code, icon: IconCode, run: () => wrap('`') },
    ...(files ? [{ label: t.picture, icon: IconPhoto, run: () => file.current?.click() }] : []),
  ]

  return (
    <Input.Wrapper {...around}>
      <Paper mt={4} style={{ overflow: 'hidden' }}>
        <Group justify="space-between" px={6} py={4} gap={4} className="markdown-tools">
          <Group gap={0} role="toolbar" aria-label={t.formatting}>
            {tools.map(({ label, icon: Icon, run }) => <ActionIcon key={label} size={32} aria-label={label} title={label} disabled={shown === 'read'} onClick={run}><Icon size={17} stroke={1.8} /></ActionIcon>)}
          </Group>
          <SegmentedControl size="xs" value={shown} onChange={v => setMode(v as typeof mode)} aria-label={t.preview}
            data={[{ value: 'write', label: t.write }, ...(narrow ? [] : [{ value: 'both', label: t.both }]), { value: 'read', label: t.preview }]} />
        </Group>
        <Divider />
        <Box className={shown === 'both' ? 'markdown both' : 'markdown'}>
          {shown !== 'read' && (
            <textarea ref={area} id={around.id} className="markdown-area" value={value} spellCheck aria-invalid={around.error ? true : undefined} aria-describedby={around.error ? `${around.id}-error` : undefined} onChange={e => onChange(e.currentTarget.value)} onPaste={paste} onDrop={drop}
              onDragOver={e => { if (e.dataTransfer.types.includes('Files')) e.preventDefault() }}
              onKeyDown={e => {
                const tool = (e.ctrlKey || e.metaKey) && !e.altKey && tools.find(tool => tool.key === e.key)
                if (tool) { e.preventDefault(); e.stopPropagation(); tool.run() }
              }} />
          )}
          {shown !== 'write' && <Preview value={value} />}
        </Box>
        <Box px="sm"><UploadList uploads={uploads} /></Box>
      </Paper>
      <input ref={file} type="file" accept="image/*" multiple hidden onChange={e => { take(e.currentTarget.files); e.currentTarget.value = '' }} />
    </Input.Wrapper>
  )
}

function Preview({ value }: { value: string }) {
  const t = useTexts()
  const text = useDeferredValue(value)
  const html = useMemo(() => preview(text, t.pictureElsewhere), [text, t])
  return <div className="markdown-preview" tabIndex={0} role="region" aria-label={t.preview} dangerouslySetInnerHTML={{ __html: html }} />
}

