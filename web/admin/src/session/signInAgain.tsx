import { Modal, Stack, Text } from '@mantine/core'
import { begin, ended, signIn, type Viewer } from '../api/session'
import { useSite } from '../context'
import { useStore } from '../store'
import { useTexts } from '../texts'
import { Credentials } from './form'
import { Providers } from './provider'

/** SignInAgain hides the screen when the session has ended, and keeps what was typed. */
export function SignInAgain() {
  const t = useTexts()
  const { viewer } = useSite()
  const who = useStore(ended)
  const done = (now: Viewer) => {
    if (now.id === viewer.id) begin(now)
    else location.reload() // the rights of another account make another page
  }
  return (
    <Modal opened={who !== null} onClose={() => {}} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false}
      title={t.signInAgain} zIndex={500} overlayProps={{ backgroundOpacity: 0.9, blur: 12 }}>
      <Stack>
        <Text c="dimmed" size="sm">{t.signInAgainHint}</Text>
        <Credentials label={t.signIn} send={signIn} email={who?.email} done={done} />
        <Providers />
      </Stack>
    </Modal>
  )
}
