// What the administrators have said of the site.
import { createContext, useContext, useEffect } from 'react'

export const defaults = { title: 'The Grapnel', tagline: 'News, hooked as it happens', language: 'en',
  navigation: ['politics', 'business', 'science', 'technology', 'culture', 'sport', 'travel', 'food'].map(tag => ({ label: tag, href: `/tags/${tag}` })) }

export const Site = createContext(defaults)
export const useSite = () => useContext(Site)

// useTitle names the screen in the browser's tab.
export function useTitle(name?: string) {
  const { title, tagline } = useSite()
  useEffect(() => { document.title = name ? `${name} · ${title}` : `${title} – ${tagline}` }, [name, title, tagline])
}
