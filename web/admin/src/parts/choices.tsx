import { NativeSelect, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { languages, speak, useLanguage, useTexts } from '../texts'

export function LanguageChoice() {
  const t = useTexts()
  return <NativeSelect size="xs" aria-label={t.languages} value={useLanguage()} onChange={e => speak(e.currentTarget.value)}
    data={languages.map(l => ({ value: l.code, label: l.name }))} />
}

export function SchemeChoice() {
  const t = useTexts()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return <SegmentedControl size="xs" fullWidth aria-label={t.theme} value={colorScheme} onChange={v => setColorScheme(v as MantineColorScheme)}
    data={[{ value: 'light', label: t.light }, { value: 'dark', label: t.dark }, { value: 'auto', label: t.auto }]} />
}
