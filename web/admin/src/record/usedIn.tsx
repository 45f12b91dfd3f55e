import { Badge, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { usesDocument, type Row, type Use } from '../api/documents'
import type { Type } from '../api/schema'
import { useAnswer } from '../api/useAnswer'
import { useSite } from '../context'
import { Failed } from '../parts/failed'
import { UseLink } from '../parts/uses'
import { useTexts, word } from '../texts'

/** So many are shown at first, and so many are asked for. */
const few = 8, most = 100

/** UsedIn lists the records that use one, and where in them. */
export function UsedIn({ type, id }: { type: Type; id: string }) {
  const t = useTexts()
  const { schema } = useSite()
  const [all, showAll] = useState(false)
  const { data, fault, again } = useAnswer<{ list: (Row | null)[] }>(usesDocument(schema, type), { ids: [id], first: most })
  const uses = data?.list[0]?._uses ?? []
  const shown = all ? uses : uses.slice(0, few)
  return (
    <Paper p={{ base: 'sm', sm: 'lg' }} component="section" aria-labelledby="used-in">
      <Group gap="xs" mb="sm">
        <Title order={2} fz="md" id="used-in">{t.usedIn}</Title>
        {uses.length > 0 && <Badge color="gray">{t.usedCount(uses.length, uses.length === most)}</Badge>}
      </Group>
      {fault ? <Failed fault={fault} again={again} /> : !data ? <Skeleton h={20} w="60%" /> : uses.length === 0 && <Text size="sm" c="dimmed">{t.unused}</Text>}
      <Stack gap={8} component="ul" p={0} m={0} fz="sm" style={{ listStyle: 'none' }}>
        {shown.map(use => (
          <Group key={use.record.id} component="li" gap="sm" justify="space-between" wrap="nowrap">
            <UseLink use={use} />
            <Place use={use} />
          </Group>
        ))}
      </Stack>
      {shown.length < uses.length && <Button mt="xs" size="compact-sm" variant="subtle" onClick={() => showAll(true)}>{t.showMore} ({t.andMore(uses.length - shown.length)})</Button>}
    </Paper>
  )
}

/** Place says what uses it: a cover of a post, for example. */
function Place({ use }: { use: Use }) {
  const t = useTexts()
  const type = useSite().schema.type(use.type)
  const labels = use.fields.map(path => path.split('.')[0]).map(name => type?.fields.find(f => f.input === name || f.name === name)?.label ?? name)
  return <Text span size="xs" c="dimmed" style={{ flexShrink: 0 }}>{word(t, type?.label ?? use.type)} · {[...new Set(labels)].map(label => word(t, label)).join(', ')}</Text>
}
