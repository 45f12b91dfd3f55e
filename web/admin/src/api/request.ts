// Requests, and those that are sent before the rest of the dashboard is there. What this
// imports is read first: it needs nothing of what screens are made of.
import { keep, recall } from '../kept'
import operations from './session.graphql?raw'

/** beside is the address of something next to the dashboard: `graphql`, `files/…`. */
export const beside = (path: string) => new URL(`../${path}`, document.baseURI).href

export const endpoint = beside('graphql')

/** Without the header the server refuses what a session in cookies does: see its guide. */
export const headers = { 'GraphQL-Require-Preflight': '1' }

const post = (body: string): RequestInit => ({
  method: 'POST',
  headers: { ...headers, 'Content-Type': 'application/json', Accept: 'application/graphql-response+json' },
  body,
})

/** sent is a request for one of the operations of the session. */
export const sent = (operationName: string, variables?: object) => post(JSON.stringify({ query: operations, operationName, variables }))

/** What is on its way since before anybody has asked for it, by its body. */
const early = new Map<string, Promise<Response>>()

/** request is fetch; what is on its way already is not asked again. */
export function request(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const answer = early.get(String(init?.body))
  early.delete(String(init?.body))
  return answer ?? fetch(input, init)
}

/** forgetEarly asks anew, for whoever is there now. */
export const forgetEarly = () => early.clear()

const here = () => location.pathname + location.search
/** The first queries of addresses, as [address, body]; so many are remembered. */
const asked = () => recall<[string, string][]>('asked') ?? []
const most = 20
const earlyLife = 10_000

/** askEarly asks who is there, and what this address asked first when it was last open. */
export function askEarly(): void {
  const known = asked().find(([at]) => at === here())
  for (const init of [sent('Start'), ...(known ? [post(known[1])] : [])]) {
    const answer = fetch(endpoint, init)
    answer.catch(() => {}) // whoever takes it is told
    early.set(String(init.body), answer)
  }
  setTimeout(forgetEarly, earlyLife) // later it would be old
}

let last = ''

/** remember keeps the first query of each address for the next time that it is opened. */
export function remember(body: string): void {
  if (here() === last || !/"query":"\s*query /.test(body)) return
  last = here()
  keep('asked', [[last, body], ...asked().filter(([at]) => at !== last)].slice(0, most))
}
