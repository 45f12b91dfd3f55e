import { ActionIcon, Box, Button, Code, CopyButton, Group, List, NativeSelect, Paper, SegmentedControl, Stack, Text, Title, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy, IconExternalLink } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { pathOf } from '../api/schema'
import { beside } from '../api/request'
import { curl, declaration, snippets, typed, type Snippet } from '../api/snippets'
import { useSite } from '../context'
import { Notice } from '../parts/notice'
import { go } from '../router'
import { useTexts, word } from '../texts'

/** Developer shows what a type is to a client: its fields, its rules, and operations to copy. */
export default function Developer({ type: path }: Record<string, string>) {
  const t = useTexts()
  const { schema } = useSite()
  const types = schema.types.filter(type => type.read !== 'NONE')
  const type = path ? schema.at(path) : types[0]
  const playground = usePlayground()
  if (!type) return <Notice title={t.notFound} text={t.notFoundHint} />
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Title order={1}>{t.developer}</Title>
        <Group gap="xs">
          <NativeSelect aria-label={t.type} value={pathOf(type)} onChange={e => go(`develop/${e.currentTarget.value}`)} data={types.map(other => ({ value: pathOf(other), label: other.name }))} />
          {playground && <Button variant="default" component="a" href={playground} target="_blank" rightSection={<IconExternalLink size={15} />}>{t.playground}</Button>}
        </Group>
      </Group>
      <Paper p="md" component="section">
        <Title order={2} fz="md">{word(t, type.label)}</Title>
        {type.description && <Text c="dimmed" size="sm" mt={4}>{type.description}</Text>}
        <Text fw={600} size="sm" mt="md">{t.rules}</Text>
        <List size="sm" mt={4} spacing={4}>{type.rules.map(rule => <List.Item key={rule}>{rule}</List.Item>)}</List>
      </Paper>
      <Copyable title={t.schema} text={declaration(type)} />
      {snippets(schema, type).map(snippet => <Operation key={snippet.name} snippet={snippet} />)}
    </Stack>
  )
}

function Operation({ snippet }: { snippet: Snippet }) {
  const [form, choose] = useState('graphql')
  const texts: Record<string, string> = {
    graphql: Object.keys(snippet.variables).length > 0 ? `${snippet.query}\n\n# ${JSON.stringify(snippet.variables)}` : snippet.query,
    curl: curl(snippet), typescript: typed(snippet),
  }
  return (
    <Copyable title={snippet.name} text={texts[form]}>
      <SegmentedControl size="xs" aria-label={snippet.name} value={form} onChange={choose} data={[
        { value: 'graphql', label: 'GraphQL' }, { value: 'curl', label: 'curl', disabled: snippet.query.startsWith('subscription') }, { value: 'typescript', label: 'TypeScript' },
      ]} />
    </Copyable>
  )
}

function Copyable({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) {
  const t = useTexts()
  return (
    <Paper component="section" style={{ overflow: 'hidden' }}>
      <Group justify="space-between" px="md" py="xs">
        <Title order={2} fz="sm" ff="monospace">{title}</Title>
        <Group gap="xs">
          {children}
          <CopyButton value={text}>{({ copied, copy }) => (
            <Tooltip label={copied ? t.copied : t.copy}><ActionIcon onClick={copy} aria-label={`${t.copy}: ${title}`}>{copied ? <IconCheck size={17} /> : <IconCopy size={17} />}</ActionIcon></Tooltip>
          )}</CopyButton>
        </Group>
      </Group>
      <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={title}><Code block style={{ borderRadius: 0, minWidth: 'max-content' }}>{text}</Code></Box>
    </Paper>
  )
}

/** usePlayground is the address of the playground, where the server has one. */
function usePlayground() {
  const [address, set] = useState<string>()
  useEffect(() => {
    const playground = beside('playground/')
    void fetch(playground, { method: 'HEAD' }).then(({ ok }) => { if (ok) set(playground) }, () => {})
  }, [])
  return address
}
