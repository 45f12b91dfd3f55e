import { Anchor, Group, Text } from '@mantine/core'
import { fewUses, type Use } from '../api/documents'
import { pathOf } from '../api/schema'
import { useSite } from '../context'
import { useTexts, word } from '../texts'
import { Link } from './link'

/** UsesLine tells in one line where a record of a list is used. */
export function UsesLine({ uses }: { uses: Use[] }) {
  const t = useTexts()
  if (uses.length === 0) return <Text size="xs" c="dimmed">{t.unused}</Text>
  return (
    <Group gap={4} wrap="nowrap" fz="xs">
      <span className="hidden">{t.usedIn}</span>
      <UseLink use={uses[0]} />
      {uses.length > 1 && <Text span inherit c="dimmed" style={{ whiteSpace: 'nowrap' }}>{t.andMore(uses.length - 1)}{uses.length === fewUses && ' …'}</Text>}
    </Group>
  )
}

/** UseLink leads to a record that uses another one. */
export function UseLink({ use: { type: name, record } }: { use: Use }) {
  const t = useTexts()
  const type = useSite().schema.type(name)
  const title = record[name] || word(t, type?.label ?? name)
  if (!type) return <Text span inherit truncate>{title}</Text>
  const to = `content/${pathOf(type)}${type.singleton ? '' : `/${record.id}`}`
  return <Anchor inherit truncate renderRoot={props => <Link to={to} {...props} />}>{title}</Anchor>
}
