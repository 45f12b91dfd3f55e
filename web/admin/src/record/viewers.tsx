import { Avatar, Group, Text, Tooltip } from '@mantine/core'
import { useViewers } from '../api/viewers'
import { fileAddress } from '../parts/value'
import { formats, useTexts } from '../texts'

/** So many are shown by name and face; the others are counted. */
const shown = 3

/** Viewers has a record open, and shows who else has. */
export function Viewers({ id }: { id: string }) {
  const t = useTexts()
  const people = useViewers(id).map(person => ({ ...person, name: person.displayName ?? person.username }))
  const names = formats.list([...people.slice(0, shown).map(p => p.name), ...(people.length > shown ? [t.andMore(people.length - shown)] : [])])
  return (
    <div role="status">
      {people.length > 0 && (
        <Tooltip label={people.map(p => p.name).join(', ')} disabled={people.length <= shown}>
          <Group gap={6} wrap="nowrap" miw={0}>
            <Avatar.Group spacing={6} aria-hidden>
              {people.slice(0, shown).map(p => <Avatar key={p.id} size={20} name={p.name} color="sea" src={fileAddress(p.avatar?.url)} />)}
            </Avatar.Group>
            <Text size="xs" truncate>{t.alsoOpen(names)}</Text>
          </Group>
        </Tooltip>
      )}
    </div>
  )
}
