import { Box, Paper, SimpleGrid, Skeleton, Text } from '@mantine/core'
import { titleOf, type Reference, type Row } from '../api/documents'
import { pathOf, type Type } from '../api/schema'
import { Link } from '../parts/link'
import { Preview } from '../parts/preview'
import { UsesLine } from '../parts/uses'
import { useTexts } from '../texts'
import { CheckRow } from './table'

interface Props { type: Type; rows: Row[] | undefined; selected: Set<string>; select: (ids: Set<string>) => void }

/** FileGrid shows files by what they look like. */
export function FileGrid({ type, rows, selected, select }: Props) {
  const t = useTexts()
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, md: 4, lg: 6 }} spacing="sm" p="sm">
      {!rows && Array.from({ length: 12 }, (_, i) => <Skeleton key={i} h={172} />)}
      {rows?.map(row => {
        const title = titleOf(row, t.untitled)
        return (
          <Paper key={row.id} pos="relative" style={{ overflow: 'hidden', outline: selected.has(row.id) ? '2px solid var(--mantine-primary-color-filled)' : undefined }}>
            <Link to={`content/${pathOf(type)}/${row.id}`} className="title">
              <Box h={132} bg="var(--ground)"><Preview file={row as unknown as Reference} height={132} still /></Box>
              <Text span display="block" size="sm" fw={500} truncate px="xs" pt={8} pb={row._uses ? 0 : 8}>{title}</Text>
            </Link>
            {row._uses && <Box px="xs" pb={8}><UsesLine uses={row._uses} /></Box>}
            <Box pos="absolute" top={8} left={8}><CheckRow row={row} title={title} selected={selected} select={select} /></Box>
          </Paper>
        )
      })}
    </SimpleGrid>
  )
}
