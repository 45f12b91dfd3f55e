import { ActionIcon, Box, Button, Collapse, Group, Paper, Text, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconCornerDownRight, IconPlus, IconTrash } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { levelsOf } from '../api/documents'
import type { Field } from '../api/schema'
import { useSite } from '../context'
import type { Around } from '../parts/scalar'
import { useTexts, word } from '../texts'
import { isAt, type Errors, type Values } from './draft'
import { EmbeddedFields } from './fieldInput'
import { FieldGroup } from './fieldGroup'
import { emptyEmbedded, nameOf } from './input'
import { Lines } from './reorder'
import { depthOf, heightOf, inserted, itemAt, linesOf, listAt, movedTo, parentOf, removed, replaced, type Line, type Path } from './tree'

interface Props { field: Field; branch: Field; value: Values[]; onChange: (value: unknown) => void; errors: Errors; path: string; around: Around }

/** TreeInput edits a tree: its entries are moved between levels, and opened one at a time. */
export function TreeInput({ field, branch, value, onChange, errors, path, around }: Props) {
  const t = useTexts()
  const { schema } = useSite()
  const [opened, setOpened] = useState<string>()
  const label = word(t, schema.embedded(field.of)?.label ?? field.label)
  const lines = linesOf(value, branch.name)
  const levels = levelsOf(schema, field)
  const errorPath = (at: Path) => [path, at.join(`.${branch.input}.`)].join('.')
  const isWrong = (at: Path) => Object.keys(errors).some(where => isAt(where, errorPath(at)) && !isAt(where, `${errorPath(at)}.${branch.input}`))
  const wrong = lines.find(line => isWrong(line.path))?.path.join('.')
  useEffect(() => { if (wrong !== undefined) setOpened(wrong) }, [wrong])

  const name = ({ item, path }: Line<Values>) => nameOf(item, `${label} ${path.at(-1)! + 1}`)
  const hasRoom = (list: Path, tree = value) => listAt(tree, branch.name, list).length < ((list.length === 0 ? field : branch).constraint?.maxItems ?? Infinity)
  const allows = (from: Path, to: Path) => {
    const rest = removed(value, branch.name, from)
    return depthOf(to) + heightOf(itemAt(value, branch.name, from), branch.name) <= levels && hasRoom(parentOf(to), rest)
  }
  const move = (from: Path, to: Path) => {
    setOpened(opened === from.join('.') ? to.join('.') : undefined)
    onChange(movedTo(value, branch.name, from, to))
  }
  const add = (list: Path) => {
    const at = [...list, listAt(value, branch.name, list).length]
    setOpened(at.join('.'))
    onChange(inserted(value, branch.name, at, emptyEmbedded(schema, field.of)))
  }
  const remove = (at: Path) => {
    setOpened(undefined)
    onChange(removed(value, branch.name, at))
  }

  const entry = (line: Line<Values>) => {
    const at = line.path
    const open = opened === at.join('.')
    const Chevron = open ? IconChevronDown : IconChevronRight
    return (
      <Paper style={isWrong(at) ? { borderColor: 'var(--mantine-color-error)' } : undefined}>
        <Group gap={2} wrap="nowrap" pr={4}>
          <UnstyledButton flex={1} miw={0} px="xs" py={7} aria-expanded={open} onClick={() => setOpened(open ? undefined : at.join('.'))}>
            <Group gap={6} wrap="nowrap"><Chevron size={15} aria-hidden /><Text size="sm" fw={500} truncate>{name(line)}</Text></Group>
          </UnstyledButton>
          {at.length < levels && hasRoom(at) && (
            <ActionIcon aria-label={t.addBelow(name(line))} title={t.addBelow(name(line))} onClick={() => add(at)}><IconCornerDownRight size={16} /></ActionIcon>
          )}
          <ActionIcon aria-label={`${t.remove}: ${name(line)}`} title={t.remove} onClick={() => remove(at)}><IconTrash size={15} /></ActionIcon>
        </Group>
        <Collapse expanded={open}>
          {open && (
            <Box p="sm" pt={4}>
              <EmbeddedFields of={field.of} besides={branch} value={line.item} onChange={v => onChange(replaced(value, branch.name, at, v as Values))} errors={errors} path={errorPath(at)} />
            </Box>
          )}
        </Collapse>
      </Paper>
    )
  }

  return (
    <FieldGroup {...around}>
      <Lines lines={lines} allows={allows} move={move} nameOf={name} render={entry} nested={levels > 1} />
      {hasRoom([]) && <Button mt={4} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => add([])}>{t.addOne(label)}</Button>}
    </FieldGroup>
  )
}
