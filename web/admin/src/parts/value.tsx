import { IconCheck, IconClock, IconFile, IconMinus } from '@tabler/icons-react'
import { useState } from 'react'
import type { Reference } from '../api/documents'
import { isExact, textOf, unmark } from '../api/exact'
import { isAccount, isFile, type Enum, type Field } from '../api/schema'
import { beside } from '../api/request'
import { useSite } from '../context'
import { formats, useTexts, word } from '../texts'
import { written } from './written'

/** The colours of an enum's values, in their order: what comes first is quiet. */
const colors = ['gray', 'teal', 'blue', 'orange', 'grape', 'pink', 'cyan', 'lime']

/** fileAddress is where this origin has a file, however the site is reached. */
export const fileAddress = (url: string | null | undefined) => url?.replace(/^.*\/files\//, beside('files/'))

/** pathOfFile is what a text says of a file: no host and no prefix, so that it holds wherever the server is; HTML of the server has both. */
export const pathOfFile = (url: string) => url.replace(/^.*\/files\//, '/files/')

export const isImage = (file: Reference | null | undefined) => Boolean(file?.url && file.contentType?.startsWith('image/'))

export function EnumBadge({ of, value }: { of: Enum | undefined; value: string }) {
  const t = useTexts()
  const i = of?.values.findIndex(v => v.value === value) ?? 0
  const color = colors[Math.max(i, 0) % colors.length]
  return <span className="badge" style={{ background: `var(--mantine-color-${color}-light)`, color: `var(--mantine-color-${color}-light-color)` }}>{word(t, of?.values[i]?.label ?? value)}</span>
}

/** Thumbnail is the picture of a file, or a sign where there is none to show. */
export function Thumbnail({ file, size = 36 }: { file: Reference | null | undefined; size?: number }) {
  const [broken, setBroken] = useState(false)
  return isImage(file) && !broken
    ? <img className="thumbnail" width={size} height={size} src={fileAddress(file?.url)} alt={file?.alt ?? ''} loading="lazy" onError={() => setBroken(true)} />
    : <span className="thumbnail" style={{ width: size, height: size }}><IconFile size={size / 2.2} stroke={1.5} /></span>
}

const initials = (name: string) => {
  const words = name.trim().split(/\s+/)
  return (words.length === 1 ? name.trim().slice(0, 2) : words[0][0] + words[1][0]).toUpperCase()
}

/** Value shows what a field holds, in one line. It stands in each cell of a list, so it is plain HTML. */
export function Value({ field, value }: { field: Field; value: unknown }) {
  const t = useTexts()
  const { schema } = useSite()
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return <span className="small dimmed">{t.none}</span>
  if (field.list && field.kind !== 'EMBEDDED') {
    const all = value as unknown[]
    return (
      <span className="side-by-side">
        {all.slice(0, 3).map((one, i) => (field.kind === 'STRING' ? <span key={i} className="badge tag">{String(one)}</span> : <Value key={i} field={{ ...field, list: false }} value={one} />))}
        {all.length > 3 && <span className="dimmed" style={{ fontSize: 'var(--mantine-font-size-xs)' }}>{t.andMore(all.length - 3)}</span>}
      </span>
    )
  }
  switch (field.kind) {
    case 'ENUM': return <EnumBadge of={schema.enum(field.of)} value={String(value)} />
    case 'BOOLEAN': return value ? <IconCheck size={18} aria-label={t.yes} /> : <IconMinus size={18} color="var(--mantine-color-dimmed)" aria-label={t.no} />
    case 'TIME': return <Moment value={String(value)} />
    case 'DATE': return <span className="small unbroken">{formats.day(String(value))}</span>
    case 'INT': case 'INT64': case 'FLOAT':
      if (field.widget === 'BYTES') return <span className="numbers" title={formats.number(Number(value))}>{formats.bytes(Number(value))}</span>
      return <span className="numbers">{formats.number(isExact(value) ? textOf(value) as Intl.StringNumericLiteral : Number(value))}</span>
    case 'DECIMAL': return <span className="numbers">{String(value)}</span>
    case 'EMBEDDED': return <span className="small clamped">{written(t, schema, field, value)}</span>
    case 'JSON': return <code className="code cut">{unmark(JSON.stringify(value))}</code>
    case 'REFERENCE': {
      const to = value as Reference
      const type = schema.type(field.of)
      if (isFile(type)) return <Thumbnail file={to} />
      const name = to._title ?? to.id
      return <span className="side-by-side">{isAccount(type) && <span className="initials" aria-hidden>{initials(name)}</span>}<span className="small cut" style={{ maxWidth: 180 }}>{name}</span></span>
    }
    default: return <span className="small clamped">{String(value)}</span>
  }
}

/** ReadValue shows all that a field holds, however long it is. */
export function ReadValue({ field, value }: { field: Field; value: unknown }) {
  const t = useTexts()
  const { schema } = useSite()
  if (!['STRING', 'EMBEDDED', 'JSON'].includes(field.kind) || (field.list && field.kind === 'STRING')) return <Value field={field} value={value} />
  return <span className="small read">{written(t, schema, field, value) || t.none}</span>
}

/** Moment is a time in the reader's zone; one that has not come yet has a clock. */
export function Moment({ value }: { value: string }) {
  const future = Date.parse(value) > Date.now()
  return <span className="side-by-side small unbroken" title={new Date(value).toString()}>{future && <IconClock size={14} aria-hidden />}<time dateTime={value}>{formats.time(value)}</time></span>
}
