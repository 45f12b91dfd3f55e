import { Badge, Box, Button, CloseButton, Group, Paper, SimpleGrid, Skeleton, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useQuery } from 'urql'
import { faults } from '../api/client'
import { counted, homeDocument, type Newest, type Status } from '../api/home'
import { isAccount, isFile, ownsFirst, pathOf, type Type } from '../api/schema'
import { useSite } from '../context'
import { keep, recall } from '../kept'
import { Failed } from '../parts/failed'
import { typeIcon } from '../parts/icons'
import { Link } from '../parts/link'
import { Moment, Thumbnail } from '../parts/value'
import { formats, useTexts, word } from '../texts'

type Answer = { serverStatus?: Status | null } & Record<string, Newest | null | undefined>

/** Home tells how the site is: what to do first, how much there is, what is new. */
export default function Home() {
  const t = useTexts()
  const { schema, viewer } = useSite()
  const types = useMemo(() => counted(schema), [schema])
  const [{ data, error, fetching }, again] = useQuery<Answer>({ query: homeDocument(types, viewer), requestPolicy: 'cache-and-network' })
  if (!data) {
    const fault = faults(error)[0]
    if (fault && !fetching) return <Failed fault={fault} again={() => again({ requestPolicy: 'network-only' })} />
    return <Stack><Skeleton h={36} w={260} /><SimpleGrid cols={{ base: 2, md: 4 }}>{types.map(type => <Skeleton key={type.name} h={92} />)}</SimpleGrid><Skeleton h={320} /></Stack>
  }
  const lists = types.flatMap(type => { const list = data[type.list!]; return list ? [{ type, list }] : [] })
  return (
    <Stack gap="lg">
      <Title order={1}>{t.hello(viewer.displayName ?? viewer.username)}</Title>
      <FirstSteps lists={lists} />
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} spacing="sm">
        {lists.map(({ type, list }) => <Count key={type.name} type={type} count={list.totalCount} />)}
      </SimpleGrid>
      {data.serverStatus && <Server status={data.serverStatus} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        {lists.filter(({ list }) => list.nodes.length > 0).map(({ type, list }) => <Latest key={type.name} type={type} list={list} />)}
      </SimpleGrid>
    </Stack>
  )
}

function Count({ type, count }: { type: Type; count: number }) {
  const t = useTexts()
  const Icon = typeIcon(type)
  const labels = word(t, type.labels)
  return (
    <Paper p="md" renderRoot={props => <Link to={`content/${pathOf(type)}`} {...props} />} style={{ textDecoration: 'none', color: 'inherit' }}>
      <Group justify="space-between" wrap="nowrap">
        <Box miw={0}>
          <Text size="sm" c="dimmed" truncate>{ownsFirst(type) ? t.yourOwn(labels) : labels}</Text>
          <Text fz={26} fw={650} lh={1.2}>{count > 10_000 ? `${formats.number(10_000)}+` : formats.number(count)}</Text>
        </Box>
        <ThemeIcon variant="light" size={38} aria-hidden visibleFrom="xs"><Icon size={20} stroke={1.7} /></ThemeIcon>
      </Group>
    </Paper>
  )
}

function Latest({ type, list }: { type: Type; list: Newest }) {
  const t = useTexts()
  const path = `content/${pathOf(type)}`
  return (
    <Paper component="section" style={{ overflow: 'hidden' }}>
      <Group justify="space-between" px="md" py="sm">
        <Title order={2} fz="md">{word(t, type.labels)}</Title>
        <Button size="compact-sm" variant="subtle" rightSection={<IconArrowRight size={14} />} renderRoot={props => <Link to={path} {...props} />}
          aria-label={`${t.showAll}: ${word(t, type.labels)}`}>{t.showAll}</Button>
      </Group>
      {list.nodes.map(row => (
        <Group key={row.id} className="card" px="md" py={9} wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" miw={0}>
            {isFile(type) && <Thumbnail file={row} />}
            <Link className="title" to={`${path}/${row.id}`} style={{ minWidth: 0 }}><Text span size="sm" fw={500} truncate display="block">{row._title || t.untitled}</Text></Link>
          </Group>
          {row._at && <Text span c="dimmed"><Moment value={row._at} /></Text>}
        </Group>
      ))}
    </Paper>
  )
}

function Server({ status }: { status: Status }) {
  const t = useTexts()
  const stores = [[t.documentStore, status.documents], [t.fileStore, status.files]] as const
  return (
    <Paper p="md" component="section" aria-label={t.server}>
      <Group gap="xl">
        {stores.map(([label, store]) => (
          <Fact key={label} label={label}><Group gap={6}><Text span size="sm">{t.stores[store.kind]}</Text><Badge color={store.ok ? 'teal' : 'red'}>{store.ok ? t.healthy : t.unwell}</Badge></Group></Fact>
        ))}
        <Fact label={t.storageUsed}>{status.storage ? <>{formats.bytes(status.storage.used)} · {t.fileCount(status.storage.files)} <Text span inherit c="dimmed">{t.countedAt(formats.time(status.storage.countedAt))}</Text></> : t.addingUp}</Fact>
        <Fact label={t.version}>{status.version}</Fact>
        <Fact label={t.runningSince}><Moment value={status.startedAt} /></Fact>
      </Group>
    </Paper>
  )
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return <Box><Text size="xs" c="dimmed">{label}</Text><Text component="div" size="sm">{children}</Text></Box>
}

/** FirstSteps is a short list of what to do on a site that is new. */
function FirstSteps({ lists }: { lists: { type: Type; list: Newest }[] }) {
  const t = useTexts()
  const { schema } = useSite()
  const [hidden, hide] = useState(recall<boolean>('firstStepsDone') ?? false)
  const empty = lists.filter(({ type, list }) => type.createMutation && type.create !== 'NONE' && !isAccount(type) && list.totalCount === 0)
  const alone = lists.find(({ type, list }) => isAccount(type) && type.createMutation && list.totalCount === 1)
  if (hidden || (empty.length === 0 && !alone)) return null
  const settings = schema.types.filter(type => type.singleton && type.update !== 'NONE' && !type.hidden)
  const steps = [
    ...settings.map(type => ({ to: `content/${pathOf(type)}`, label: t.stepSettings(word(t, type.label)) })),
    ...empty.map(({ type }) => ({ to: `content/${pathOf(type)}/new`, label: t.stepCreate(word(t, type.label)) })),
    ...(alone ? [{ to: `content/${pathOf(alone.type)}/new`, label: t.stepInvite }] : []),
  ]
  return (
    <Paper p="md" component="section">
      <Group justify="space-between"><Title order={2} fz="md">{t.firstSteps}</Title><CloseButton aria-label={t.close} onClick={() => { keep('firstStepsDone', true); hide(true) }} /></Group>
      <Group gap="xs" mt="xs">
        {steps.map(({ to, label }) => <Button key={to} variant="light" rightSection={<IconArrowRight size={15} />} renderRoot={props => <Link to={to} {...props} />}>{label}</Button>)}
      </Group>
    </Paper>
  )
}
