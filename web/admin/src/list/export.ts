// Files of what a list shows, made in the browser page by page.
import { ask } from '../api/client'
import { textOf, unmark } from '../api/exact'
import { listDocument, type Reference, type Row } from '../api/documents'
import { isShown, type Field, type Schema, type Type } from '../api/schema'
import { isFault } from '../parts/fault'
import { variablesOf, type View } from './view'

export const mostRows = 10_000
const pageSize = 50

interface Page { list: { nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }

/** collect walks all pages of a view, and says whether there would be more than the bound. */
export async function collect(schema: Schema, type: Type, fields: Field[], view: View, viewerId: string, tell: (n: number) => void) {
  const query = listDocument(schema, type, fields, [])
  const rows: Row[] = []
  for (let after: string | undefined; ; ) {
    const variables = variablesOf(schema, type, { ...view, conditions: view.conditions, size: pageSize, after, before: undefined }, viewerId)
    const { list } = await patiently(() => ask<Page>(query, { ...variables, named: undefined }))
    rows.push(...list.nodes)
    tell(rows.length)
    if (!list.pageInfo.hasNextPage || rows.length >= mostRows) return { rows, cut: list.pageInfo.hasNextPage }
    after = list.pageInfo.endCursor ?? undefined
  }
}

/** patiently waits when the budget of the account is used up. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await send()
    } catch (thrown) {
      if (!isFault(thrown) || thrown.extensions?.code !== 'RATE_LIMITED' || tries === 10) throw thrown
      await new Promise(resolve => setTimeout(resolve, 1000 * (thrown.extensions?.retryAfter ?? 2)))
    }
  }
}

/** everyField is what a JSON export has. */
export const everyField = (type: Type) => type.fields.filter(f => isShown(f) && f.name !== 'id')

const ours = new Set(['__typename', '_title'])
const json = (value: unknown, indent?: number) => unmark(JSON.stringify(value, (key, v) => (ours.has(key) ? undefined : v), indent))

export const toJson = (rows: Row[]) => json(rows, 2)

export function toCsv(fields: Field[], rows: Row[]): string {
  const lines = [['id', ...fields.map(f => f.name)], ...rows.map(row => [row.id, ...fields.map(f => cell(f, row[f.name]))])]
  return lines.map(line => line.map(quote).join(',')).join('\r\n') + '\r\n'
}

function cell(f: Field, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (f.kind === 'EMBEDDED' || f.kind === 'JSON') return guard(json(value))
  const all = (f.list ? value : [value]) as unknown[]
  const texts = all.map(v => (f.kind === 'REFERENCE' ? (v as Reference)._title ?? (v as Reference).id : textOf(v)))
  return f.kind === 'INT' || f.kind === 'INT64' || f.kind === 'FLOAT' || f.kind === 'DECIMAL' ? texts.join('; ') : guard(texts.join('; '))
}

/** Spreadsheets run what begins so as a formula (OWASP, CSV injection). */
const guard = (text: string) => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text)

const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** download gives the reader a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
