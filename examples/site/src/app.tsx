import { Route, Switch } from 'wouter'
import { Frame } from './parts/frame'
import { Author } from './screens/author'
import { Front } from './screens/front'
import { NotFound } from './screens/not-found'
import { Page } from './screens/page'
import { Profile } from './screens/profile'
import { Search } from './screens/search'
import { SignIn } from './screens/sign-in'
import { SignUp } from './screens/sign-up'
import { Story } from './screens/story'
import { Tag } from './screens/tag'
import { useScrollToTop } from './scroll'

export function App() {
  useScrollToTop()
  return (
    <Frame>
      <Switch>
        <Route path="/" component={Front} />
        <Route path="/posts/:slug">{({ slug }) => <Story key={slug} slug={decodeURIComponent(slug)} />}</Route>
        <Route path="/tags/:tag">{({ tag }) => <Tag key={tag} tag={decodeURIComponent(tag)} />}</Route>
        <Route path="/authors/:username">{({ username }) => <Author key={username} username={decodeURIComponent(username)} />}</Route>
        <Route path="/search" component={Search} />
        <Route path="/sign-up" component={SignUp} />
        <Route path="/sign-in" component={SignIn} />
        <Route path="/profile" component={Profile} />
        <Route path="/:slug">{({ slug }) => <Page key={slug} slug={decodeURIComponent(slug)} />}</Route>
        <Route component={NotFound} />
      </Switch>
    </Frame>
  )
}
