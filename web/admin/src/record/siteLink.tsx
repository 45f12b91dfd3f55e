import { Button } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import type { Row } from '../api/documents'
import type { Type } from '../api/schema'
import { beside } from '../api/request'
import { useTexts } from '../texts'

/** Whether the server has a site beside the dashboard. */
const hasSite = document.documentElement.dataset.site === 'true'

/** SiteLink leads to the record as the site shows it, which says of a draft that it is one. */
export function SiteLink({ type, record }: { type: Type; record: Row }) {
  const t = useTexts()
  const address = addressOf(type, record)
  return address && <Button component="a" href={address} target="_blank" rel="noopener" variant="subtle" leftSection={<IconExternalLink size={15} />}>{t.seeOnSite}</Button>
}

/** addressOf is where the record stands on the site; undefined when that is not told, or there is no site. */
function addressOf(type: Type, record: Row): string | undefined {
  const address = type.preview?.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(record[name] || record.id)))
  if (!address?.startsWith('/')) return address
  return hasSite ? beside(address.slice(1)) : undefined
}
