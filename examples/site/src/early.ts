// The first question of the front page, asked by a script in index.html while the others
// are still on their way: see shell.js.

declare global {
  interface Window { early?: { url: string, answer: Promise<Response> } }
}

// takeEarly is the answer, once, to who asks for just that.
export function takeEarly(url: unknown) {
  const { early } = window
  if (early?.url !== url) return undefined
  delete window.early
  return early?.answer
}
