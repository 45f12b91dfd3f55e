import { Skeleton, Stack } from '@mantine/core'
import { recordDocument, type Row } from '../api/documents'
import { isSlug, type Type } from '../api/schema'
import { useAnswer } from '../api/useAnswer'
import { useSite } from '../context'
import { Failed } from '../parts/failed'
import { Notice } from '../parts/notice'
import { Editor } from '../record/editor'
import { editable } from '../record/input'
import { usePlace } from '../router'
import type { Values } from '../record/draft'
import { useTexts } from '../texts'
import type { Texts } from '../texts/en'

/** RecordScreen is the form of a record, of a new one, or of the only one. */
export default function RecordScreen({ type: path, id }: Record<string, string>) {
  const t = useTexts()
  const { schema } = useSite()
  const from = usePlace().params.get('from')
  const type = schema.at(path)
  if (!type || type.read === 'NONE') return <Notice title={t.notFound} text={t.notFoundHint} />
  if (id === 'new' && !from) return <Editor type={type} />
  return <Stored type={type} id={id === 'new' ? from! : id} copy={id === 'new'} />
}

/** copyOf is what a copy begins with: not what only one may have, and told apart by its title and by an address that must be given. */
function copyOf(t: Texts, type: Type, record: Row): Values {
  const fields = editable(type, true)
  const copied = fields.filter(f => !f.unique && !isSlug(f)).map(f => [f.name, f.name === type.title && record[f.name] ? t.copyOf(String(record[f.name])) : record[f.name]])
  const slugs = fields.filter(f => isSlug(f) && f.required && record[f.name]).map(f => [f.name, t.copyOf(String(record[f.name])).toLowerCase().replaceAll(' ', '-')])
  return Object.fromEntries([...copied, ...slugs])
}

function Stored({ type, id, copy }: { type: Type; id: string; copy: boolean }) {
  const t = useTexts()
  const { schema } = useSite()
  const { data, fault, again } = useAnswer<{ record: Row | null }>(recordDocument(schema, type), type.singleton ? {} : { id })
  if (data?.record) {
    const { record } = data
    if (!copy) return <Editor key={id} type={type} record={record} />
    return <Editor key={`copy ${id}`} type={type} start={copyOf(t, type, record)} />
  }
  if (data || fault?.extensions?.code === 'NOT_FOUND') return <Notice title={t.notFound} text={t.notFoundHint} />
  if (fault) return <Failed fault={fault} again={again} />
  return <Stack><Skeleton h={44} w="60%" /><Skeleton h={420} /></Stack>
}
