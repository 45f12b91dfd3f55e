import DOMPurify from 'dompurify'
import { marked } from 'marked'
import { fileAddress } from '../parts/value'

const purify = DOMPurify(window)
const allowed = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'input', 'button', 'textarea', 'select', 'video', 'audio', 'iframe'],
  FORBID_ATTR: ['style', 'class', 'id', 'srcset'],
}

let elsewhere = ''

/** Pictures come from this server alone: another one would hear who writes here. */
purify.addHook('afterSanitizeAttributes', node => {
  if (node instanceof HTMLImageElement) {
    const src = fileAddress(node.getAttribute('src')) ?? ''
    node.removeAttribute('src')
    if (new URL(src, document.baseURI).origin === location.origin) node.setAttribute('src', src)
    else node.setAttribute('alt', `${elsewhere}: ${src}`)
  }
  if (node instanceof HTMLAnchorElement) {
    node.target = '_blank'
    node.rel = 'noopener noreferrer'
  }
})

/** preview is Markdown as safe HTML: nothing in it runs, loads from elsewhere or leads to scripts. */
export function preview(markdown: string, pictureElsewhere: string): string {
  elsewhere = pictureElsewhere
  return purify.sanitize(marked.parse(markdown, { async: false, gfm: true }), allowed)
}
