import { Link, useLocation } from 'wouter'
import type { EntryFragment } from '../gql/graphql'
import { toPage, toPost, toTag } from './addresses'
import { unknown, useSite } from './site'

interface Entry { label: string, href: string }

// Navigation is the menu, and below it the entries of the section in which the reader is,
// or else of the first that has some: so it is as high on each page, and nothing moves when
// the site has come, or another page.
export function Navigation() {
  const [path] = useLocation()
  const site = useSite()
  const sections = site.navigation.map(({ children, ...entry }) => ({ ...entry, below: entriesOf(children) }))
  const full = sections.filter(({ below }) => below.length > 0)
  const current = full.find(({ below, ...entry }) => [...entriesOf([entry]), ...below].some(({ href }) => isAt(path, href))) ?? full[0]
  return (
    <>
      <Row name="Sections" entries={entriesOf(sections)} path={path} />
      {site === unknown ? <div className="sections" /> : current && <Row name={current.label} entries={current.below} path={path} />}
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
