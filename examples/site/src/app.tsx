import { lazy, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { Frame } from './parts/frame'
import { Author } from './screens/author'
import { Front } from './screens/front'
import { NotFound } from './screens/not-found'
import { Page } from './screens/page'
import { Search } from './screens/search'
import { Story } from './screens/story'
import { Tag } from './screens/tag'
import { useScrollToTop } from './scroll'

// Few readers have an account: what is for them is loaded when they come to it.
const SignUp = lazy(() => import('./screens/sign-up').then(({ SignUp }) => ({ default: SignUp })))
const SignIn = lazy(() => import('./screens/sign-in').then(({ SignIn }) => ({ default: SignIn })))
const Code = lazy(() => import('./screens/code').then(({ Code }) => ({ default: Code })))
const Returned = lazy(() => import('./screens/returned').then(({ Returned }) => ({ default: Returned })))
const Forgotten = lazy(() => import('./screens/forgotten').then(({ Forgotten }) => ({ default: Forgotten })))
const Account = lazy(() => import('./screens/account').then(({ Account }) => ({ default: Account })))
const Leave = lazy(() => import('./screens/leave').then(({ Leave }) => ({ default: Leave })))
const SecondFactor = lazy(() => import('./screens/second-factor').then(({ SecondFactor }) => ({ default: SecondFactor })))
const Profile = lazy(() => import('./screens/profile').then(({ Profile }) => ({ default: Profile })))

export function App() {
  useScrollToTop()
  return (
    <Frame>
      <Suspense>
        <Switch>
          <Route path="/" component={Front} />
          <Route path="/posts/:slug">{({ slug }) => <Story key={slug} slug={decodeURIComponent(slug)} />}</Route>
          <Route path="/tags/:tag">{({ tag }) => <Tag key={tag} tag={decodeURIComponent(tag)} />}</Route>
          <Route path="/authors/:username">{({ username }) => <Author key={username} username={decodeURIComponent(username)} />}</Route>
          <Route path="/search" component={Search} />
          <Route path="/sign-up" component={SignUp} />
          <Route path="/sign-in" component={SignIn} />
          <Route path="/sign-in/code" component={Code} />
          <Route path="/sign-in/returned" component={Returned} />
          <Route path="/forgotten" component={Forgotten} />
          <Route path="/account" component={Account} />
          <Route path="/profile/leave" component={Leave} />
          <Route path="/profile/second-factor" component={SecondFactor} />
          <Route path="/profile" component={Profile} />
          <Route path="/:slug">{({ slug }) => <Page key={slug} slug={decodeURIComponent(slug)} />}</Route>
          <Route component={NotFound} />
        </Switch>
      </Suspense>
    </Frame>
  )
}
