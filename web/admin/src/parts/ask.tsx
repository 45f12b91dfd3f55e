import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { Store, useStore } from '../store'
import { useTexts } from '../texts'

interface Question { title: string; text?: string; yes: string; danger?: boolean }

const open = new Store<(Question & { answer: (yes: boolean) => void }) | null>(null)

/** modals.ask asks a question of yes or no, from anywhere. */
export const modals = {
  ask: (question: Question): Promise<boolean> => new Promise(resolve => {
    open.get()?.answer(false)
    open.set({ ...question, answer: yes => { open.set(null); resolve(yes) } })
  }),
}

/** Asking shows the question; the frame has it once. */
export function Asking() {
  const t = useTexts()
  const question = useStore(open)
  return (
    <Modal opened={question !== null} onClose={() => question?.answer(false)} title={question?.title}>
      <Stack>
        {question?.text && <Text c="dimmed">{question.text}</Text>}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => question?.answer(false)}>{t.cancel}</Button>
          <Button color={question?.danger ? 'red' : undefined} onClick={() => question?.answer(true)} data-autofocus>{question?.yes}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
