import { ActionIcon, Badge, Box, Button, Group, Menu, Text, Title } from '@mantine/core'
import { IconArrowLeft, IconCopy, IconDots, IconLink, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { applies } from '../api/applies'
import type { Row } from '../api/documents'
import { actionsOf, pathOf, type Action, type Field, type Type } from '../api/schema'
import { useSite } from '../context'
import { ActionDialog } from '../parts/actionDialog'
import { Link } from '../parts/link'
import { EnumBadge, Moment } from '../parts/value'
import { go } from '../router'
import { useTexts, word } from '../texts'
import { useFollow, type Draft } from './draft'
import { SiteLink } from './siteLink'
import { Viewers } from './viewers'

interface Props {
  type: Type; record: Row | undefined; draft: Draft; dirty: boolean; busy: boolean; gone: boolean; canSave: boolean
  act: (action: Action, input: object) => void; remove: () => void
}

/** So many actions have a button of their own; the others are in the menu. */
const buttons = 2

/** Header says what is edited, and holds what can be done with it. */
export function Header({ type, record, draft, dirty, busy, gone, canSave, act, remove }: Props) {
  const t = useTexts()
  const { schema } = useSite()
  const [asked, ask] = useState<Action>()
  const isTold = (f: Field) => !f.list && !f.onUpdate && (f.input === null || type.update !== 'NONE') // where nothing can be changed, that says nothing
  const state = type.fields.find(f => f.kind === 'ENUM' && isTold(f) && record?.[f.name])
  const path = `content/${pathOf(type)}`
  const start = (action: Action) => (action.fields.length > 0 ? ask(action) : act(action, {}))
  const actions = record && !gone ? actionsOf(type).filter(action => applies(type, action, record)) : []
  const copies = record && type.createMutation && type.create !== 'NONE'
  const deletes = record && !gone && type.deleteMutation && type.delete !== 'NONE'
  const due = type.fields.find(f => f.kind === 'TIME' && isTold(f) && Date.parse(String(record?.[f.name])) > Date.now())
  const marks = <>
    {state && <EnumBadge of={schema.enum(state.of)} value={String(record![state.name])} />}
    {due && <Text size="xs" c="dimmed" title={word(t, due.label)}><Moment value={String(record![due.name])} /></Text>}
    {dirty && <Badge color="yellow">{t.unsavedShort}</Badge>}
    {record && <Viewers id={record.id} />}
  </>
  return (
    <Box className="header" py="xs">
      <Group justify="space-between" gap="xs">
        <Group gap="sm" wrap="nowrap" miw={0} flex="1 1 240px">
          {!type.singleton && <ActionIcon renderRoot={props => <Link to={path} {...props} />} variant="default" size={36} aria-label={t.back}><IconArrowLeft size={18} /></ActionIcon>}
          <Box miw={0}>
            {!type.singleton && <Group gap="xs" mih={24}><Text size="xs" c="dimmed">{word(t, type.labels)}</Text>{marks}</Group>}
            <Group gap="xs">
              <Title order={1} fz="h2" lineClamp={1}>{type.singleton ? word(t, type.label) : <RecordTitle type={type} draft={draft} otherwise={record ? t.untitled : t.newOne(word(t, type.label))} />}</Title>
              {type.singleton && marks}
            </Group>
          </Box>
        </Group>
        <Group gap="xs">
          {record && !gone && <SiteLink type={type} record={record} />}
          {actions.slice(0, buttons).map(a => <Button key={a.name} variant="default" disabled={busy} visibleFrom="sm" onClick={() => start(a)}>{word(t, a.label)}</Button>)}
          {record && (
            <Menu position="bottom-end">
              <Menu.Target><ActionIcon variant="default" size={36} aria-label={t.more}><IconDots size={17} /></ActionIcon></Menu.Target>
              <Menu.Dropdown>
                {actions.map((a, i) => <Menu.Item key={a.name} hiddenFrom={i < buttons ? 'sm' : undefined} onClick={() => start(a)}>{word(t, a.label)}</Menu.Item>)}
                {copies && <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => go(`${path}/new?from=${record.id}`)}>{t.duplicate}</Menu.Item>}
                <Menu.Item leftSection={<IconLink size={15} />} onClick={() => navigator.clipboard?.writeText(record.id)}>{t.copyId}</Menu.Item>
                {deletes && <><Menu.Divider /><Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={remove}>{t.deleteSelected}</Menu.Item></>}
              </Menu.Dropdown>
            </Menu>
          )}
          {canSave && <Button type="submit" loading={busy} disabled={Boolean(record) && !dirty}>{record ? t.save : t.create}</Button>}
        </Group>
      </Group>
      {asked && <ActionDialog action={asked} rows={[record!]} close={() => ask(undefined)} run={input => { ask(undefined); act(asked, input) }} />}
    </Box>
  )
}

/** RecordTitle follows the field, so that the rest of the header need not. */
function RecordTitle({ type, draft, otherwise }: { type: Type; draft: Draft; otherwise: string }) {
  return (useFollow(draft, d => d.get(type.title ?? '')) as string | null | undefined) || otherwise
}
