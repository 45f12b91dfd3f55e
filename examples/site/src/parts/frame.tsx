import { type ReactNode, useEffect } from 'react'
import { useQuery, useSubscription } from 'urql'
import { useAnswer } from '../ask'
import { FrameDocument, SiteChangedDocument } from '../gql/graphql'
import { toFile } from './addresses'
import { Footer } from './footer'
import { Masthead } from './masthead'
import { Site, unknown } from './site'

// Frame stands around every screen. It asks nothing itself: the query of each screen
// brings what it shows, and it finds that in the cache.
export function Frame({ children }: { children: ReactNode }) {
  const [{ data }] = useQuery({ query: FrameDocument, requestPolicy: 'cache-only' })
  useSubscription({ query: SiteChangedDocument })
  const site = data?.site ?? unknown
  const icon = site.favicon && toFile(site.favicon)
  useEffect(() => { document.documentElement.lang = site.language }, [site.language])
  useEffect(() => { if (icon) document.querySelector<HTMLLinkElement>('link[rel=icon]')!.href = icon }, [icon])
  return (
    <Site value={site}>
      <a className="skip" href="#main">Skip to content</a>
      <Masthead viewer={data?.viewer} />
      <main id="main" tabIndex={-1}>{children}</main>
      <Footer />
    </Site>
  )
}

// useFrame asks for what the frame shows, in screens that ask for nothing else.
export function useFrame() {
  useAnswer({ query: FrameDocument, variables: {} })
}
