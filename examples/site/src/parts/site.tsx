// What the administrators have said of the site.
import { createContext, useContext, useEffect } from 'react'
import type { SiteFragment } from '../gql/graphql'

type Site = Omit<SiteFragment, 'id' | 'registration'> & { registration: SiteFragment['registration'] | null }

// unknown is the site before the first answer.
export const unknown: Site = {
  title: '', tagline: null, logo: null, favicon: null, language: 'en', registration: null,
  navigation: [], footerHtml: null, socialLinks: [],
}

export const Site = createContext(unknown)
export const useSite = () => useContext(Site)

// useTitle names the screen in the browser's tab.
export function useTitle(name?: string) {
  const { title, tagline } = useSite()
  useEffect(() => {
    if (title) document.title = [name, title, !name && tagline].filter(Boolean).join(' · ')
  }, [name, title, tagline])
}
