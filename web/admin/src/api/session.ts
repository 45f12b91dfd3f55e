// The session is in cookies that no script reads. It is renewed when it has run out;
// when it has ended, whoever needs it waits until somebody has signed in again.
import { Store } from '../store'
import { mark, unmark } from './exact'
import { endpoint, forgetEarly, request, sent } from './request'
import type { Answer as Schema } from './schema'

export interface Viewer { id: string; username: string; displayName: string | null; role: string; email: string | null; emailVerifiedAt: string | null; secondFactorAt: string | null; avatar: { url: string | null } | null }

export interface Fault {
  message: string
  path?: (string | number)[]
  extensions?: { code?: string; fields?: { path: string; code: string; message: string }[]; currentVersion?: number; retryAfter?: number }
}

interface Answer { data?: Record<string, unknown> | null; errors?: Fault[] }

/** ended is who was signed in when the session ended, while nobody has signed in again. */
export const ended = new Store<Viewer | null>(null)
let viewer: Viewer | null = null
let again: { promise: Promise<void>; done: () => void } | null = null

/** begin says who is signed in, and lets those go on who wait for it. */
export function begin(who: Viewer): void {
  viewer = who
  ended.set(null)
  again?.done()
  again = null
}

/** signInAgain waits until somebody has. */
function signInAgain(): Promise<void> {
  if (!again) {
    let done = () => {}
    again = { promise: new Promise(resolve => { done = resolve }), done }
    ended.set(viewer)
  }
  return again.promise
}

/** Proving is what people are asked to show who they are for; answer tells who it was, or that they would not. */
export interface Proving {
  /** Of a sign-in that waits for a second factor; else somebody is signed in, and asked once more. */
  token?: string
  /** Whether the account has a second factor. */
  second: boolean
  answer: (who: Viewer | null) => void
}

/** proving is what somebody is asked for just now. */
export const proving = new Store<Proving | null>(null)
let proof: Promise<Viewer | null> | null = null

/** prove asks, and tells who it was. All who ask at a time share one answer. A password was not enough where it insists. */
export function prove(token?: string, insist = false): Promise<Viewer | null> {
  proof ??= new Promise<Viewer | null>(resolve => proving.set({ token, second: insist || Boolean(token ?? viewer?.secondFactorAt), answer: resolve }))
    .finally(() => { proof = null; proving.set(null) })
  return proof
}

async function ask(operationName: string, variables?: object): Promise<Answer> {
  return (await fetch(endpoint, sent(operationName, variables))).json()
}

/** start tells who is signed in and what there is for them, or throws the fault. */
export async function start(): Promise<{ viewer: Viewer | null; secondFactorMissing: boolean; dashboardSchema: Schema | null }> {
  const answer = await sessionFetch(endpoint, sent('Start')).then((r): Promise<Answer> => r.json()).catch((): Answer => ({ errors: [{ message: '' }] }))
  if (answer.errors) throw answer.errors[0]
  return answer.data as unknown as Awaited<ReturnType<typeof start>>
}

/** payloadOf is the only field of an answer, or its error. */
function payloadOf<T>({ data, errors }: Answer): T | Fault {
  return (Object.values(data ?? {})[0] as T | null | undefined) ?? errors?.[0] ?? { message: '' }
}

/** run carries out a mutation of one field and returns its payload or the error. */
export async function run<T>(operationName: string, input?: object): Promise<T | Fault> {
  return payloadOf(await ask(operationName, input && { input }))
}

/** inSession is run for one that needs a session. */
async function inSession<T>(operationName: string, input: object): Promise<T | Fault> {
  forgetEarly() // it changes what was asked
  return payloadOf(await sessionFetch(endpoint, sent(operationName, { input })).then((r): Promise<Answer> => r.json()))
}

/** enter carries out one that begins a session, asks for the second factor where the account has one, and returns the viewer or the error. */
export async function enter(operationName: string, input: object): Promise<Viewer | Fault> {
  forgetEarly()
  const result = await run<{ viewer: Viewer | null; secondFactor?: { token: string } }>(operationName, { ...input, transport: 'COOKIE' })
  if ('message' in result) return result
  return result.viewer ?? (await prove(result.secondFactor?.token)) ?? { message: '', extensions: { code: 'SECOND_FACTOR' } }
}

export const signIn = (email: string, password: string) => enter('SignIn', { email, password })

/** setUp makes the first administrator, by the token in the address that the server printed. */
export const setUp = (input: { token: string; email: string; password: string }) => enter('SetUp', input)

/** confirmSignUp makes an account by the token of a link and the password that was chosen. */
export const confirmSignUp = (token: string, password: string) => enter('ConfirmSignUp', { token, password })

/** acceptInvitation makes an account by the token of a link that an administrator had mailed. */
export const acceptInvitation = (input: { token: string; password: string; username?: string }) => enter('AcceptInvitation', input)

/** requestSignInCode has a code mailed to the address, if there is an account. */
export const requestSignInCode = (email: string) => run<{ email: string }>('RequestSignInCode', { email })

/** What people may show who they are by. */
export type Proof = { password: string } | { code: string } | { passkey: string }

/** confirmSignIn goes on with a sign-in that waits for a second factor. */
export const confirmSignIn = (token: string, proof: Proof, rememberDevice: boolean) => enter('ConfirmSignIn', { token, ...proof, rememberDevice })

/** reauthenticate shows once more who is signed in. */
export async function reauthenticate(proof: Proof): Promise<Viewer | Fault> {
  const result = await inSession<{ viewer: Viewer }>('Reauthenticate', proof)
  return 'viewer' in result ? result.viewer : result
}

export const signInWithPasskey = (credential: string) => enter('SignInWithPasskey', { credential })
export const signInWithCode = (email: string, code: string) => enter('SignInWithCode', { email, code })

/** providers are those at whom people sign in elsewhere. */
export interface Provider { name: string; label: string }
export const providers = async (): Promise<Provider[]> => ((await ask('SignInProviders')).data?.signInProviders as Provider[] | undefined) ?? []

/** A sign-in at a provider: its page, and what the browser comes back with. To link one there is a session, which may have to be renewed. */
export const startProviderSignIn = (input: object) => inSession<{ url: string }>('StartProviderSignIn', input)
export const signInWithProvider = (token: string, codeVerifier: string) => enter('SignInWithProvider', { token, codeVerifier })

/** requestPasswordReset has a link mailed to the address, if there is an account. */
export const requestPasswordReset = (email: string) => run<{ email: string }>('RequestPasswordReset', { email })

/** resetPassword and verifyEmail take the token of a link, and return the address of the account. */
export const resetPassword = (token: string, password: string) => run<{ email: string }>('ResetPassword', { token, password })
export const verifyEmail = (token: string) => run<{ email: string }>('VerifyEmail', { token })

export async function signOut(): Promise<void> {
  await ask('SignOut')
}

/** leave ends the session and asks to sign in again in place: nothing typed is lost. */
export async function leave(): Promise<void> {
  void signInAgain()
  await signOut().catch(() => {})
}

let renewal: Promise<boolean> | null = null

/** renew reports whether the session goes on. All who ask at a time share one answer. */
function renew(): Promise<boolean> {
  forgetEarly()
  renewal ??= ask('Renew')
    .then(({ data }) => Boolean(data?.refreshSession))
    .finally(() => { renewal = null })
  return renewal
}

const has = (answer: Answer | undefined, ...codes: string[]) => answer?.errors?.some(e => codes.includes(e.extensions?.code ?? '')) ?? false

/** isOver reports whether an answer is one for strangers, who are told of nothing that is not theirs. */
async function isOver(status: number, answer: Answer | undefined): Promise<boolean> {
  if (status === 401 || has(answer, 'UNAUTHENTICATED')) return true
  if (!viewer) return false
  if (answer?.data?.viewer === null) return true
  return has(answer, 'FORBIDDEN', 'NOT_FOUND', 'DOCUMENT_NOT_TRUSTED') && (await ask('Who')).data?.viewer === null
}

/**
 * withSession sends until there is a session: once renewed, then signed in again.
 * Before anybody has signed in, what comes is the answer for visitors. What asks once more who
 * somebody is waits until they have shown it, or would not.
 */
export async function withSession<T>(send: () => Promise<{ status: number; answer: Answer | undefined; result: T }>): Promise<T> {
  for (let renewed = false, proven = false; ; ) {
    const { status, answer, result } = await send()
    if (viewer && has(answer, 'REAUTHENTICATION_REQUIRED')) {
      if (!(await prove(undefined, proven))) return result
      proven = true
      continue
    }
    if (!(await isOver(status, answer))) return result
    if (!renewed && (await renew())) {
      renewed = true
      continue
    }
    if (!viewer) return result
    await signInAgain()
    renewed = false
  }
}

/** sessionFetch is fetch for operations, with every number as the server has it. */
export const sessionFetch = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => withSession(async () => {
  const response = await request(input, typeof init?.body === 'string' ? { ...init, body: unmark(init.body) } : init)
  const text = mark(await response.text())
  let answer: Answer | undefined
  try { answer = JSON.parse(text) } catch { /* a proxy's page */ }
  return { status: response.status, answer, result: new Response(text, response) }
})

/** renewed makes sure that there is a session, for what cannot send again by itself. */
export const renewed = () => sessionFetch(endpoint, sent('Who'))
