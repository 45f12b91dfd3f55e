import { Avatar, Badge, Code, Group, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconClock, IconMinus, IconPhoto } from '@tabler/icons-react'
import type { Reference } from '../api/documents'
import { isAccount, isFile, type Enum, type Field } from '../api/schema'
import { beside } from '../api/session'
import { useSite } from '../context'
import { formats, useTexts, word } from '../texts'

/** The colours of an enum's values, in their order: what comes first is quiet. */
const colors = ['gray', 'teal', 'blue', 'orange', 'grape', 'pink', 'cyan', 'lime']

/** fileAddress is where this origin has a file, however the site is reached. */
export const fileAddress = (url: string | null | undefined) => url?.replace(/^.*\/files\//, beside('files/'))

export const isImage = (file: Reference | null | undefined) => Boolean(file?.url && file.contentType?.startsWith('image/'))

export function EnumBadge({ of, value }: { of: Enum | undefined; value: string }) {
  const t = useTexts()
  const i = of?.values.findIndex(v => v.value === value) ?? 0
  return <Badge color={colors[Math.max(i, 0) % colors.length]}>{word(t, of?.values[i]?.label ?? value)}</Badge>
}

export function Thumbnail({ file, size = 36 }: { file: Reference | null | undefined; size?: number }) {
  return <Avatar radius="sm" size={size} src={isImage(file) ? fileAddress(file?.url) : undefined} alt={file?.alt ?? ''} imageProps={{ loading: 'lazy' }}><IconPhoto size={size / 2.2} stroke={1.5} /></Avatar>
}

/** Value shows what a field holds, in one line. */
export function Value({ field, value }: { field: Field; value: unknown }) {
  const t = useTexts()
  const { schema } = useSite()
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return <Text c="dimmed" span size="sm">{t.none}</Text>
  if (field.list && field.kind !== 'EMBEDDED') {
    const all = value as unknown[]
    return (
      <Group gap={4} wrap="nowrap">
        {all.slice(0, 3).map((one, i) => (field.kind === 'STRING' ? <Badge key={i} color="gray" maw={110}>{String(one)}</Badge> : <Value key={i} field={{ ...field, list: false }} value={one} />))}
        {all.length > 3 && <Text span size="xs" c="dimmed">{t.andMore(all.length - 3)}</Text>}
      </Group>
    )
  }
  switch (field.kind) {
    case 'ENUM': return <EnumBadge of={schema.enum(field.of)} value={String(value)} />
    case 'BOOLEAN': return value ? <IconCheck size={18} aria-label={t.yes} /> : <IconMinus size={18} color="var(--mantine-color-dimmed)" aria-label={t.no} />
    case 'TIME': return <Moment value={String(value)} />
    case 'DATE': return <Text span size="sm" style={{ whiteSpace: 'nowrap' }}>{formats.day(String(value))}</Text>
    case 'INT': case 'INT64': case 'FLOAT': return <span className="numbers">{formats.number(Number(value))}</span>
    case 'DECIMAL': return <span className="numbers">{String(value)}</span>
    case 'JSON': case 'EMBEDDED': return <Code maw={260} style={{ display: 'inline-block', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>{JSON.stringify(value, (key, v) => (key === '__typename' ? undefined : v))}</Code>
    case 'REFERENCE': {
      const to = value as Reference
      const type = schema.type(field.of)
      if (isFile(type)) return <Thumbnail file={to} />
      const name = to._title ?? to.id
      return <Group gap={6} wrap="nowrap">{isAccount(type) && <Avatar size={22} name={name} color="gray" aria-hidden />}<Text span size="sm" truncate maw={180}>{name}</Text></Group>
    }
    default: return <Text span size="sm" lineClamp={1} maw={320}>{String(value)}</Text>
  }
}

/** Moment is a time in the reader's zone; one that has not come yet has a clock. */
export function Moment({ value }: { value: string }) {
  const future = Date.parse(value) > Date.now()
  return (
    <Tooltip label={new Date(value).toString()}>
      <Group gap={4} wrap="nowrap" display="inline-flex">
        {future && <IconClock size={14} aria-hidden />}
        <Text span size="sm" style={{ whiteSpace: 'nowrap' }}><time dateTime={value}>{formats.time(value)}</time></Text>
      </Group>
    </Tooltip>
  )
}
