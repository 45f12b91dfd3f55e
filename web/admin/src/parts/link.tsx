import type { ComponentProps, MouseEvent } from 'react'
import { address, go } from '../router'

/** Link leads to another screen; with a modifier the browser opens it elsewhere. */
export function Link({ to, onClick, ...rest }: { to: string } & ComponentProps<'a'>) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    void go(to)
  }
  return <a href={address(to)} onClick={follow} {...rest} />
}
