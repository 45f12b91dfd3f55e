import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { FrameDocument, type FrameQuery } from '../gql/graphql'
import { Face, nameOf } from './face'
import { Today } from './moment'
import { defaults, Site, useSite } from './site'

// Frame stands around every screen. It asks nothing itself: the query of each screen
// brings what it shows, and it finds that in the cache.
export function Frame({ children }: { children: ReactNode }) {
  const [{ data }] = useQuery({ query: FrameDocument, requestPolicy: 'cache-only' })
  return (
    <Site value={defaults}>
      <a className="skip" href="#main">Skip to content</a>
      <Masthead viewer={data?.viewer} />
      <main id="main" tabIndex={-1}>{children}</main>
      <Footer />
    </Site>
  )
}

function Masthead({ viewer }: { viewer: FrameQuery['viewer'] }) {
  const { title, tagline, navigation } = useSite()
  return (
    <header className="masthead">
      <div className="top">
        <span className="today"><Today /></span>
        <nav className="account" aria-label="Account">
          <Link href="/search">Search</Link>
          {viewer
            ? <Link href="/profile" className="me"><Face of={viewer} size={28} /> {nameOf(viewer)}</Link>
            : <><Link href="/sign-in">Sign in</Link> <Link href="/sign-up" className="join">Sign up</Link></>}
        </nav>
      </div>
      <Link href="/" className="title">{title}</Link>
      <p className="tagline">{tagline}</p>
      <nav className="sections" aria-label="Sections">
        {navigation.map(entry => <Link key={entry.href} href={entry.href} className={active => active ? 'here' : ''}>{entry.label}</Link>)}
      </nav>
    </header>
  )
}

function Footer() {
  const { title, tagline } = useSite()
  return (
    <footer className="footer">
      <p className="title">{title}</p>
      <p>{tagline}</p>
    </footer>
  )
}
