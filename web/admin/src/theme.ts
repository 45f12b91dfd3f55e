import { createTheme, mergeThemeOverrides, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'
import type { Texts } from './texts/en'

const sea: MantineColorsTuple = ['#eaf6f6', '#d5eaec', '#a9d4d8', '#7abdc4', '#52a9b3', '#359ca8', '#1f8e9b', '#0f7884', '#03656f', '#00535c']
const slate: MantineColorsTuple = ['#f7f9fa', '#eff2f4', '#e2e7ea', '#cfd6db', '#aab4bc', '#84909a', '#5f6b76', '#48535d', '#313a42', '#1b2228']
const night: MantineColorsTuple = ['#dfe5ea', '#b4bec7', '#94a0ab', '#66727d', '#414b55', '#323b44', '#232b32', '#191f25', '#12171c', '#0c1014']

const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  colors: { sea, gray: slate, dark: night },
  black: slate[9],
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' }, h2: { fontSize: '1.2rem' }, h3: { fontSize: '1rem' } } },
  components: {
    Table: { defaultProps: { verticalSpacing: 'xs', horizontalSpacing: 'sm' } },
    Paper: { defaultProps: { withBorder: true } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.5, blur: 2 } }, styles: { title: { fontSize: 'var(--mantine-h3-font-size)', fontWeight: 650 } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Badge: { defaultProps: { variant: 'light', tt: 'none', fw: 550, radius: 'sm' }, styles: { root: { flexShrink: 0, maxWidth: 'none', overflow: 'visible' }, label: { overflow: 'visible' } } },
  },
})

/** themeIn is the theme with the names of the buttons that Mantine draws by itself. */
export function themeIn(t: Texts) {
  const named = (label: string) => ({ 'aria-label': label })
  return mergeThemeOverrides(theme, { components: {
    Modal: { defaultProps: { ...theme.components!.Modal!.defaultProps, closeButtonProps: named(t.close) } },
    Alert: { defaultProps: { closeButtonLabel: t.close } },
    Notification: { defaultProps: { closeButtonProps: named(t.close) } },
    PasswordInput: { defaultProps: { visibilityToggleButtonProps: named(t.showPassword) } },
    Select: { defaultProps: { clearButtonProps: named(t.clear) } },
    MultiSelect: { defaultProps: { clearButtonProps: named(t.clear) } },
    TagsInput: { defaultProps: { clearButtonProps: named(t.clear) } },
    ColorInput: { defaultProps: { eyeDropperButtonProps: named(t.pickColor) } },
  } })
}

/** variables give quiet texts a contrast of 4.5 and more on every ground they stand on. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-dimmed': slate[6],
    '--mantine-color-placeholder': slate[6],
    '--mantine-color-error': '#c22525',
    '--mantine-color-default-border': slate[2],
    '--ground': slate[0],
    '--mantine-color-gray-light-color': slate[8],
    '--mantine-color-gray-text': slate[7],
    '--mantine-color-teal-light-color': '#0a6b4f',
    '--mantine-color-blue-light-color': '#1459a6',
    '--mantine-color-orange-light-color': '#964100',
    '--mantine-color-red-light-color': '#b02020',
    '--mantine-color-yellow-light-color': '#7d5700',
    '--mantine-color-red-filled': '#c22525',
  },
  dark: {
    '--mantine-color-body': night[7],
    '--mantine-color-dimmed': night[2],
    '--mantine-color-placeholder': night[2],
    '--mantine-color-error': '#ff9a93',
    '--mantine-color-default-border': night[5],
    '--ground': night[8],
    '--mantine-color-gray-light-color': night[0],
    '--mantine-color-gray-text': night[1],
    '--mantine-color-yellow-light': '#3a2f14',
    '--mantine-color-yellow-light-color': '#ffd97a',
  },
})
