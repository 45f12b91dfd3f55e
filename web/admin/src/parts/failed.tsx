import { Alert, Button } from '@mantine/core'
import type { Fault } from '../api/session'
import { useTexts } from '../texts'
import { faultText } from './fault'

/** Failed stands where something could not be shown, and tries again. */
export function Failed({ fault, again }: { fault: Fault; again: () => void }) {
  const t = useTexts()
  return <Alert color="red" m="md" title={faultText(t, fault)}><Button size="xs" variant="default" onClick={again}>{t.retry}</Button></Alert>
}
