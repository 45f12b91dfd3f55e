import { Button, Center, Loader } from '@mantine/core'
import { useEffect, useMemo } from 'react'
import { useQuery } from 'urql'
import { faults } from './api/client'
import { Schema, startQuery, type Answer } from './api/schema'
import { begin, leave, type Viewer } from './api/session'
import { SiteContext } from './context'
import { Frame } from './frame'
import { faultText } from './parts/fault'
import { Notice } from './parts/notice'
import { SignInPage } from './session/signIn'
import { SignInAgain } from './session/signInAgain'
import { useIdle } from './session/idle'
import { useTexts } from './texts'

export function App() {
  const t = useTexts()
  const [{ data, error, fetching }, start] = useQuery<{ viewer: Viewer | null; dashboardSchema: Answer | null }>({
    query: startQuery, requestPolicy: 'network-only',
  })
  const again = () => start({ requestPolicy: 'network-only' })
  const site = useMemo(
    () => data?.viewer && data.dashboardSchema && { viewer: data.viewer, schema: new Schema(data.dashboardSchema) }, [data])
  useEffect(() => { if (data?.viewer) begin(data.viewer) }, [data])
  useIdle(Boolean(data?.viewer))

  if (site) return <SiteContext value={site}><Frame /><SignInAgain /></SiteContext>
  if (fetching) return <Center mih="100vh"><Loader aria-label={t.loading} /></Center>
  if (data?.viewer) {
    return <Notice title={t.noRights} text={t.noRightsHint}>
      <Button variant="default" onClick={() => leave().then(() => location.reload())}>{t.signOut}</Button>
    </Notice>
  }
  const fault = faults(error).find(f => f.extensions?.code !== 'UNAUTHENTICATED')
  if (fault) return <Notice title={t.dashboard} text={faultText(t, fault)}><Button onClick={again}>{t.retry}</Button></Notice>
  return <SignInPage done={again} />
}
