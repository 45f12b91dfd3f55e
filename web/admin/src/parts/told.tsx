import { ActionIcon, Code, CopyButton, Group, Modal, Stack, Text } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { Store, useStore } from '../store'
import { useTexts, word } from '../texts'

/** What the server tells once, by what it is called: a password that was made. */
type Told = Record<string, string>

const open = new Store<{ told: Told; closed: () => void } | null>(null)

/** tell shows what of the values is there, until the reader closes it, and waits for that. */
export async function tell(values: Record<string, unknown>): Promise<void> {
  const told = Object.entries(values).filter(([, value]) => value !== null && value !== undefined)
  if (told.length > 0) await new Promise<void>(closed => open.set({ told: Object.fromEntries(told.map(([name, value]) => [name, String(value)])), closed }))
}

/** Telling shows it; the frame has it once. */
export function Telling() {
  const t = useTexts()
  const shown = useStore(open)
  const close = () => {
    open.set(null)
    shown?.closed()
  }
  return (
    <Modal opened={shown !== null} onClose={close} title={t.toldOnce} closeOnClickOutside={false}>
      <Stack>
        <Text size="sm" c="dimmed">{t.toldOnceHint}</Text>
        {Object.entries(shown?.told ?? {}).map(([name, value]) => {
          const label = word(t, name[0].toUpperCase() + name.slice(1))
          return (
            <div key={name}>
              <Text size="sm" fw={550}>{label}</Text>
              <Group gap="xs" wrap="nowrap">
                <Code block flex={1} fz="md" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{value}</Code>
                <CopyButton value={value}>{({ copied, copy }) => <ActionIcon size={36} variant="default" aria-label={`${t.copy}: ${label}`} onClick={copy}>{copied ? <IconCheck size={17} /> : <IconCopy size={17} />}</ActionIcon>}</CopyButton>
              </Group>
            </div>
          )
        })}
      </Stack>
    </Modal>
  )
}
