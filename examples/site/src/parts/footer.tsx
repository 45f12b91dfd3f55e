import { Link } from 'wouter'
import { useSite } from './site'

export function Footer() {
  const { title, footerHtml, socialLinks } = useSite()
  return (
    <footer className="footer">
      <Link href="/" className="title">{title}</Link>
      {/* The server has sanitised it. */}
      {footerHtml && <div className="said" dangerouslySetInnerHTML={{ __html: footerHtml }} />}
      {socialLinks.length > 0 && (
        <nav aria-label="Elsewhere">{socialLinks.map(({ label, url }) => <a key={url} href={url} rel="me noopener">{label}</a>)}</nav>
      )}
    </footer>
  )
}
