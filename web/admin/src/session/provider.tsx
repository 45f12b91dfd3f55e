import { Alert, Button, Loader, Stack } from '@mantine/core'
import { useEffect, useState } from 'react'
import { change } from '../api/client'
import { forgetEarly } from '../api/request'
import { providers, signInWithProvider, startProviderSignIn, type Fault, type Provider } from '../api/session'
import { useLoaded } from '../api/useAnswer'
import { faultText, showFault } from '../parts/fault'
import { useTexts } from '../texts'
import type { Texts } from '../texts/en'
import { Entrance } from './entrance'
import { forget, type Link } from './link'

// What this tab has begun: the verifier without which the token of the address is worth nothing
// (RFC 7636), and what it is for.
interface Begun { verifier: string; link: boolean }
const kept = 'grapnel.admin.provider'

const base64url = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')

/** leaveFor goes to the provider's page, and comes back to this address. */
async function leaveFor(provider: string, link: boolean): Promise<Fault | undefined> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)) // only https and localhost have it
  const begun = await startProviderSignIn({ provider, link, codeChallenge: base64url(new Uint8Array(hash)), returnTo: location.href.split('#')[0] })
  if ('message' in begun) return begun
  sessionStorage.setItem(kept, JSON.stringify({ verifier, link } satisfies Begun))
  location.assign(begun.url)
  return undefined
}

/** linkIdentity gives the viewer's account what the browser came back with. */
async function linkIdentity(token: string, codeVerifier: string): Promise<object | Fault> {
  forgetEarly() // it changes what was asked
  const { faults } = await change('mutation LinkIdentity($input: LinkIdentityInput!) { linkIdentity(input: $input) { viewer { id } } }', { input: { token, codeVerifier } })
  return faults[0] ?? {}
}

/** finish takes the token with which the browser came back. */
async function finish(token: string): Promise<object | Fault | 'elsewhere'> {
  const text = sessionStorage.getItem(kept)
  sessionStorage.removeItem(kept)
  if (!text) return 'elsewhere'
  const { verifier, link } = JSON.parse(text) as Begun
  return link ? linkIdentity(token, verifier) : signInWithProvider(token, verifier)
}

/** Returned lets in who comes back from a provider, or links what they come with. */
export function Returned({ link, done }: { link: Link; done: () => void }) {
  const t = useTexts()
  const failed = link.kind === 'signin-failed' ? (t.returned as Record<string, string>)[link.token] ?? t.returned.REFUSED : undefined
  const [wrong, setWrong] = useState(failed)
  const leave = () => {
    forget()
    done()
  }
  useEffect(() => {
    if (failed) return
    finish(link.token).catch((): Fault => ({ message: '' })).then(result => {
      if (result === 'elsewhere') setWrong(t.returnedElsewhere)
      else if ('message' in result) setWrong(said(t, result as Fault))
      else leave()
    })
  }, [])
  return (
    <Entrance title={t.signIn} hint={t.signInHint(location.host)}>
      {wrong
        ? <><Alert color="red" role="alert">{wrong}</Alert><Button onClick={leave}>{t.toDashboard}</Button></>
        : <Loader aria-label={t.continuing} />}
    </Entrance>
  )
}

/** What the server says of an identity is not in its code alone. */
const said = (t: Texts, fault: Fault) => fault.extensions?.fields?.length ? t.returnedElsewhere : fault.message || faultText(t, fault)

/** Providers are the ways in with an account elsewhere, if there are any. */
export function Providers() {
  const t = useTexts()
  const { data } = useLoaded(providers)
  if (!data?.length) return null
  return <Stack gap="xs"><ProviderButtons list={data} label={t.continueWith} fullWidth /></Stack>
}

/** ProviderButtons lead to the pages of providers. */
export function ProviderButtons({ list, label, link = false, fullWidth }: { list: Provider[]; label: (provider: string) => string; link?: boolean; fullWidth?: boolean }) {
  const t = useTexts()
  const [busy, setBusy] = useState<string>()
  async function go(provider: string) {
    setBusy(provider)
    const fault = await leaveFor(provider, link).catch((): Fault => ({ message: '' }))
    if (!fault) return // the page goes
    setBusy(undefined)
    showFault(t, fault)
  }
  return list.map(p => <Button key={p.name} variant="default" fullWidth={fullWidth} loading={busy === p.name} disabled={busy !== undefined} onClick={() => go(p.name)}>{label(p.label)}</Button>)
}
