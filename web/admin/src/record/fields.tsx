import { Grid, Paper, Stack, Text } from '@mantine/core'
import { memo } from 'react'
import type { Row } from '../api/documents'
import { isShown, isSlug, type Field, type Schema, type Type } from '../api/schema'
import { isFile } from '../api/schema'
import { useSite } from '../context'
import { ReadValue } from '../parts/value'
import { useTexts, word } from '../texts'
import { isAt, useFollow, type Draft } from './draft'
import { FieldInput } from './fieldInput'
import { FileCard } from './file'
import { editable } from './input'
import { UsedIn } from './usedIn'

/** isAside reports whether a field stands beside the text: what is short, and chosen rather than written. */
function isAside(schema: Schema, type: Type, f: Field): boolean {
  if (f.group || f.name === type.title) return false
  if (f.kind === 'REFERENCE') return !f.list || isFile(schema.type(f.of))
  if (f.kind === 'STRING') return f.list || isSlug(f)
  return ['ENUM', 'BOOLEAN', 'TIME', 'DATE', 'INT', 'INT64', 'FLOAT', 'DECIMAL'].includes(f.kind) && !f.list
}

/** Fields are all that can be entered, and below it what the server tells of the record. */
export function Fields({ type, draft, record, narrow, adopt }: { type: Type; draft: Draft; record: Row | undefined; narrow: boolean; adopt: (row: Row) => void }) {
  const { schema } = useSite()
  const t = useTexts()
  const inputs = editable(type, !record)
  const aside = inputs.filter(f => isAside(schema, type, f))
  const title = inputs.filter(f => f.name === type.title)
  const others = inputs.filter(f => !aside.includes(f) && f.name !== type.title)
  const main = [...title, ...others.filter(f => !f.group)]
  const groups = Map.groupBy(others.filter(f => f.group), f => f.group!)
  const told = record ? type.fields.filter(f => isShown(f) && !inputs.includes(f) && f.name !== 'id') : []
  const wide = aside.length + told.length === 0 || narrow || main.length + groups.size === 0
  const cards = (fields: Field[]) => <Stack gap="md">{fields.map(f => <Follow key={f.name} field={f} draft={draft} />)}</Stack>
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: wide ? 12 : 8 }}>
        <Stack gap="md">
          {record && isFile(type) && <FileCard type={type} record={record} adopt={adopt} />}
          {main.length > 0 && <Paper p={{ base: 'sm', sm: 'lg' }}>{cards(main)}</Paper>}
          {[...groups].map(([name, fields]) => <Paper key={name} p={{ base: 'sm', sm: 'lg' }}><Text component="h2" fw={600} mb="md">{name}</Text>{cards(fields)}</Paper>)}
          {record && type.uses && <UsedIn type={type} id={record.id} />}
        </Stack>
      </Grid.Col>
      {aside.length + told.length > 0 && (
        <Grid.Col span={{ base: 12, md: wide ? 12 : 4 }}>
          <Stack gap="md">
            {aside.length > 0 && <Paper p={{ base: 'sm', sm: 'lg' }}>{cards(aside)}</Paper>}
            {told.length > 0 && (
              <Paper p={{ base: 'sm', sm: 'lg' }}>
                <Stack gap={10} component="dl" m={0}>
                  {told.map(f => (
                    <div key={f.name} className="told">
                      <Text component="dt" size="sm" c="dimmed">{word(t, f.label)}</Text>
                      <Text component="dd" m={0} size="sm" miw={0} style={{ overflowWrap: 'anywhere' }}><ReadValue field={f} value={record![f.name]} /></Text>
                    </div>
                  ))}
                </Stack>
              </Paper>
            )}
          </Stack>
        </Grid.Col>
      )}
    </Grid>
  )
}

/** Follow is one input; it is drawn anew when its own value changes, and no other. */
const Follow = memo(function Follow({ field, draft }: { field: Field; draft: Draft }) {
  const value = useFollow(draft, d => d.get(field.name))
  const errors = useFollow(draft, d => d.errors())
  const path = field.input!
  const own = Object.keys(errors).some(at => isAt(at, path))
  return <FieldInput field={field} value={value} onChange={v => draft.set(field.name, v, path)} errors={own ? errors : none} path={path} />
})

const none = {}
