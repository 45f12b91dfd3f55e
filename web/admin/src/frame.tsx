import { ActionIcon, Alert, AppShell, Avatar, Box, Burger, Button, Divider, Group, Kbd, Menu, NavLink, ScrollArea, Skeleton, Stack, Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import { IconAnchor, IconLogout, IconSearch, IconSelector, IconUser } from '@tabler/icons-react'
import { Suspense, useEffect } from 'react'
import { prove, signOut } from './api/session'
import { useSite } from './context'
import { forget } from './kept'
import { useNavigation } from './navigation'
import { Palette } from './palette'
import { Asking } from './parts/ask'
import { Telling } from './parts/told'
import { LanguageChoice, SchemeChoice } from './parts/choices'
import { Link } from './parts/link'
import { Notice } from './parts/notice'
import { go, mayLeave, root, setGuard, usePlace } from './router'
import { find } from './screens'
import { useTexts } from './texts'

/** Frame is what stands around every screen: menu, palette, account. */
export function Frame() {
  const t = useTexts()
  const { path } = usePlace()
  const [open, { toggle, close }] = useDisclosure()
  useEffect(close, [path])

  return (
    <AppShell layout="alt" header={{ height: { base: 52, sm: 0 } }} navbar={{ width: 244, breakpoint: 'sm', collapsed: { mobile: !open } }}>
      <a className="skip" href="#main">{t.skip}</a>
      <AppShell.Header hiddenFrom="sm" bg="var(--mantine-color-body)">
        <Group h="100%" px="md" justify="space-between">
          <Burger opened={open} onClick={toggle} size="sm" aria-label={t.menu} />
          <Brand />
          <ActionIcon size="lg" onClick={spotlight.open} aria-label={t.search}><IconSearch size={20} /></ActionIcon>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" bg="var(--mantine-color-body)">
        <Group h={36} px={6} mb="sm" justify="space-between"><Brand /><Burger hiddenFrom="sm" opened={open} onClick={toggle} size="sm" aria-label={t.close} /></Group>
        <Button visibleFrom="sm" variant="default" size="sm" mb="sm" fullWidth justify="space-between" fw={450} c="dimmed" styles={{ label: { flex: 1 } }} onClick={spotlight.open}
          leftSection={<IconSearch size={15} />} rightSection={<Kbd size="xs">Ctrl K</Kbd>}>{t.goTo}        </Button>
        <AppShell.Section grow component={ScrollArea} type="auto"><Navigation /></AppShell.Section>
        <AppShell.Section><Divider my="xs" /><Account /></AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        <Box p={{ base: 'sm', sm: 'lg' }} maw={1440} mx="auto"><HeldBack /><Current /></Box>
      </AppShell.Main>
      <Palette />
      <Asking />
      <Telling />
    </AppShell>
  )
}

/** HeldBack says that the viewer has fewer rights than their role, and what to do. */
function HeldBack() {
  const t = useTexts()
  const { heldBack, viewer } = useSite()
  if (!heldBack) return null
  const show = () => prove().then(who => { if (who) location.reload() })
  return (
    <Alert color="yellow" mb="md" title={t.secondFactor}>
      <Stack gap="xs" align="flex-start">
        {t.factorMissing}
        {viewer.secondFactorAt
          ? <Button size="xs" variant="default" onClick={show}>{t.proveTitle}</Button>
          : <Button size="xs" variant="default" onClick={() => go('profile')}>{t.profile}</Button>}
      </Stack>
    </Alert>
  )
}

function Brand() {
  return (
    <Link to="" style={{ textDecoration: 'none', color: 'inherit', minWidth: 0 }}>
      <Group gap={8} wrap="nowrap">
        <Box c="var(--mantine-primary-color-light-color)" lh={0}><IconAnchor size={22} aria-hidden /></Box>
        <Text fw={700} truncate>Grapnel</Text>
      </Group>
    </Link>
  )
}

function Navigation() {
  const t = useTexts()
  const { path } = usePlace()
  return (
    <Stack component="nav" gap={2} aria-label={t.menu}>
      {useNavigation().map(({ label, entries }) => (
        <Stack key={label} gap={2} mb="sm">
          {label && <Text size="xs" fw={600} c="dimmed" px={10} py={4}>{label}</Text>}
          {entries.map(({ to, label, icon: Icon }) => {
            const active = to === '' ? path === '' : path === to || path.startsWith(`${to}/`)
            return <NavLink key={to} renderRoot={props => <Link to={to} {...props} />} label={label} active={active} aria-current={active ? 'page' : undefined}
              leftSection={<Icon size={18} stroke={1.7} />} py={7} px={10} fw={active ? 600 : 450} style={{ borderRadius: 'var(--mantine-radius-md)' }} />
          })}
        </Stack>
      ))}
    </Stack>
  )
}

function Account() {
  const t = useTexts()
  const { viewer } = useSite()
  const name = viewer.displayName ?? viewer.username
  const end = async () => {
    if (!(await mayLeave())) return
    await signOut()
    setGuard(undefined)
    forget('draft.')
    forget('asked')
    location.assign(root)
  }
  return (
    <Menu width={240} position="top-start" closeOnItemClick={false}>
      <Menu.Target>
        <UnstyledButton w="100%" p={6} style={{ borderRadius: 'var(--mantine-radius-md)' }}>
          <Group gap="xs" wrap="nowrap">
            <Avatar size={32} name={name} color="sea" aria-hidden />
            <VisuallyHidden>{t.account}: </VisuallyHidden>
            <Box flex={1} miw={0}>
              <Text size="sm" fw={550} truncate>{name}</Text>
              <Text size="xs" c="dimmed" truncate>{viewer.email}</Text>
            </Box>
            <IconSelector size={16} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Stack gap="sm" p="xs">
          <SchemeChoice />
          <LanguageChoice />
        </Stack>
        <Menu.Divider />
        <Menu.Item leftSection={<IconUser size={16} />} closeMenuOnClick onClick={() => go('profile')}>{t.profile}</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} closeMenuOnClick onClick={end}>{t.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Current is the screen of the address. */
function Current() {
  const t = useTexts()
  const { path } = usePlace()
  const found = find(path)
  if (!found) return <Notice title={t.notFound} text={t.notFoundHint} />
  const Screen = found.screen.component
  return <Suspense fallback={<Stack><Skeleton h={36} w={260} /><Skeleton h={360} /></Stack>}><Screen key={path} {...found.parts} /></Suspense>
}
