import { ask } from '../api/client'
import { titleOf, usesDocument, type Row } from '../api/documents'
import type { Schema, Type } from '../api/schema'
import { formats } from '../texts'
import type { Texts } from '../texts/en'
import { modals } from './ask'
import { isFault, showFault } from './fault'

/** So many uses are counted of each record. */
const most = 20

/** askDelete asks whether records are to be removed, and says how many others use them now. */
export async function askDelete(t: Texts, schema: Schema, type: Type, rows: Row[]): Promise<boolean> {
  let used = ''
  const ids = rows.map(row => row.id)
  try {
    if (type.uses) used = await uses(t, schema, type, ids)
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    showFault(t, thrown)
    return false
  }
  return modals.ask({ title: t.deleteAsk(ids.length), text: [formats.titles(t, rows.map(row => titleOf(row, t.untitled))), used, t.deleteHint].filter(Boolean).join(' '), yes: t.deleteSelected, danger: true })
}

async function uses(t: Texts, schema: Schema, type: Type, ids: string[]): Promise<string> {
  const { list } = await ask<{ list: (Row | null)[] }>(usesDocument(schema, type), { ids, first: most })
  const users = new Set(list.flatMap(row => row?._uses ?? []).map(use => use.record.id).filter(id => !ids.includes(id)))
  return users.size > 0 ? t.deleteUsed(users.size, list.some(row => row?._uses?.length === most)) : ''
}
