import { Button, Center, Loader } from '@mantine/core'
import { lazy, Suspense, useEffect, useMemo } from 'react'
import { Schema } from './api/schema'
import { useLoaded } from './api/useAnswer'
import { begin, leave, start } from './api/session'
import { SiteContext } from './context'
import { Frame } from './frame'
import { Asking } from './parts/ask'
import { faultText } from './parts/fault'
import { Notice } from './parts/notice'
import { Telling } from './parts/told'
import { link } from './session/link'
import { AskingForProof } from './session/proof'
import { Returned } from './session/provider'
import { Mailed } from './session/recover'
import { SignInPage } from './session/signIn'
import { SignInAgain } from './session/signInAgain'
import { useIdle } from './session/idle'
import { useStore } from './store'
import { useTexts } from './texts'

const SecondFactor = lazy(() => import('./account/secondFactor').then(m => ({ default: m.SecondFactor })))

export function App() {
  return <><Page /><AskingForProof /></>
}

function Page() {
  const t = useTexts()
  const held = useStore(link)
  const { data, fault, again } = useLoaded(start)
  const site = useMemo(
    () => data?.viewer && data.dashboardSchema && { viewer: data.viewer, heldBack: data.secondFactorMissing, schema: new Schema(data.dashboardSchema) }, [data])
  useEffect(() => { if (data?.viewer) begin(data.viewer) }, [data])
  useIdle(Boolean(data?.viewer))

  if (held?.kind === 'signin' || held?.kind === 'signin-failed') return <Returned key={held.token} link={held} done={again} />
  if (held && held.kind !== 'setup') return <Mailed link={held} done={again} />
  if (site) return <SiteContext value={site}><Frame /><SignInAgain /></SiteContext>
  if (!data && !fault) return <Center mih="100vh"><Loader aria-label={t.loading} /></Center>
  if (data?.viewer) {
    return <Notice title={data.secondFactorMissing ? t.secondFactor : t.noRights} text={data.secondFactorMissing ? t.factorMissing : t.noRightsHint}>
      {data.secondFactorMissing && <Suspense><SecondFactor changed={again} /><Asking /><Telling /></Suspense>}
      <Button variant="default" onClick={() => leave().then(() => location.reload())}>{t.signOut}</Button>
    </Notice>
  }
  if (fault && fault.extensions?.code !== 'UNAUTHENTICATED') return <Notice title={t.dashboard} text={faultText(t, fault)}><Button onClick={again}>{t.retry}</Button></Notice>
  return <SignInPage done={again} />
}
