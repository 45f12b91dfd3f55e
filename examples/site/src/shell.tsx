// What index.html holds until the first answer has come: the frame, and the shape of a
// list. It is made at build time and drawn before any script has run.
import { renderToStaticMarkup } from 'react-dom/server'
import { Router } from 'wouter'
import { Masthead } from './parts/masthead'
import { Waiting } from './parts/waiting'

export const shell = () => renderToStaticMarkup(
  <Router ssrPath="/">
    <Masthead viewer={null} />
    <main><Waiting lead /></main>
  </Router>,
)
