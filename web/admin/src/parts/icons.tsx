import { IconAdjustments, IconArticle, IconFileText, IconPhoto, IconTable, IconUsers } from '@tabler/icons-react'
import { isAccount, isFile, type Type } from '../api/schema'

/** typeIcon is chosen by what a type is like, not by its name. */
export function typeIcon(type: Type) {
  if (type.singleton) return IconAdjustments
  if (isFile(type)) return IconPhoto
  if (isAccount(type)) return IconUsers
  if (type.actions.length > 0 && type.fields.some(f => f.bulk)) return IconArticle
  return type.fields.some(f => f.widget === 'MARKDOWN' || f.bulk) ? IconFileText : IconTable
}
