import { Posts } from '../parts/posts'
import { useTitle } from '../parts/site'

export function Front() {
  useTitle()
  return <Posts lead />
}
