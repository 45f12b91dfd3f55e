import { Link, useLocation } from 'wouter'
import type { EntryFragment } from '../gql/graphql'
import { toPage, toPost, toTag } from './addresses'
import { useSite } from './site'

interface Entry { label: string, href: string }

// Navigation is the menu, and below it the entries of the section in which the reader is.
export function Navigation() {
  const [path] = useLocation()
  const sections = useSite().navigation.map(({ children, ...entry }) => ({ ...entry, below: entriesOf(children) }))
  const current = sections.find(({ below, ...entry }) => [...entriesOf([entry]), ...below].some(({ href }) => isAt(path, href)))
  return (
    <>
      <Row name="Sections" entries={entriesOf(sections)} path={path} />
      {current && current.below.length > 0 && <Row name={current.label} entries={current.below} path={path} />}
    </>
  )
}

function Row({ name, entries, path }: { name: string, entries: Entry[], path: string }) {
  return (
    <nav className="sections" aria-label={name}>
      {entries.map(({ label, href }) => href.startsWith('/')
        ? <Link key={label + href} href={href} aria-current={isAt(path, href) ? 'page' : undefined}>{label}</Link>
        : <a key={label + href} href={href}>{label}</a>)}
    </nav>
  )
}

// entriesOf leaves out what leads nowhere: to what was deleted, or is not for this reader.
function entriesOf(links: EntryFragment[]): Entry[] {
  return links.flatMap(({ label, post, page, tag, url }) => {
    const href = post ? toPost(post) : page ? toPage(page) : tag ? toTag(tag) : url
    return href ? [{ label, href }] : []
  })
}

const isAt = (path: string, href: string) => decodeURI(path) === decodeURI(href)
