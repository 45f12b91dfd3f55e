import { Link } from 'wouter'
import type { FrameQuery } from '../gql/graphql'
import { toFile } from './addresses'
import { Face, nameOf } from './face'
import { Today } from './moment'
import { Navigation } from './navigation'
import { useSite } from './site'

export function Masthead({ viewer }: { viewer: FrameQuery['viewer'] }) {
  const { title, tagline, logo, registration } = useSite()
  return (
    <header className="masthead">
      <div className="top">
        <span className="today"><Today /></span>
        <nav className="account" aria-label="Account">
          <Link href="/search">Search</Link>
          {viewer
            ? <Link href="/profile" className="me"><Face of={viewer} size={28} /> {nameOf(viewer)}</Link>
            : <Link href="/sign-in">Sign in</Link>}
          {!viewer && registration === 'OPEN' && <Link href="/sign-up" className="join">Sign up</Link>}
        </nav>
      </div>
      <Link href="/" className="title">
        {logo?.url ? <img src={toFile(logo)} alt={title} width={logo.width ?? undefined} height={logo.height ?? undefined} /> : title}
      </Link>
      <p className="tagline">{tagline}</p>
      <Navigation />
    </header>
  )
}
