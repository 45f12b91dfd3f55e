// What the home screen asks: one query of all that it shows.
import { naming, type Reference } from './documents'
import { field, ownsFirst, type Schema, type Type } from './schema'
import type { Viewer } from './session'

export interface StoreStatus { kind: 'SQLITE' | 'MONGODB' | 'FILESYSTEM' | 'S3'; ok: boolean }

export interface Status {
  version: string; startedAt: string; documents: StoreStatus; files: StoreStatus
  storage: { used: number; files: number; countedAt: string } | null
}

export interface Newest { totalCount: number; nodes: (Reference & { _at?: string })[] }

/** So many types are counted: each costs the server a list and a count. */
const most = 8
/** So many records of each are shown. */
const newest = 5

/** counted are the types that the home screen tells about. */
export const counted = (schema: Schema): Type[] => schema.types.filter(t => t.list && !t.hidden && t.read !== 'NONE').slice(0, most)

export function homeDocument(types: Type[], viewer: Viewer): string {
  const lists = types.map(type => {
    const own = ownsFirst(type) ? `, where: { ${type.owner}: { eq: ${JSON.stringify(viewer.id)} } }` : ''
    const at = field(type, 'updatedAt') ? ' _at: updatedAt' : ''
    return `${type.list}(first: ${newest}${own}) { totalCount(exact: false) nodes { ${naming(type)}${at} } }`
  })
  return `query Home {
    viewer { id }
    ${viewer.role === 'ADMIN' ? 'serverStatus { version startedAt documents { kind ok } files { kind ok } storage { used files countedAt } }' : ''}
    ${lists.join('\n    ')}
  }`
}
