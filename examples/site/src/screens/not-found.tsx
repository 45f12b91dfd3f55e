import { Link } from 'wouter'
import { useFrame } from '../parts/frame'
import { Notice } from '../parts/notice'
import { useTitle } from '../parts/site'

export function NotFound() {
  useTitle('Not found')
  useFrame()
  return (
    <Notice title="There is nothing at this address">
      It may have been withdrawn, or the address is mistyped. <Link href="/">Go to the front page</Link> or <Link href="/search">search</Link>.
    </Notice>
  )
}
