import './styles'
import '@mantine/notifications/styles.layer.css'
import '@mantine/spotlight/styles.layer.css'
import './style.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { useMemo } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'urql'
import { client } from './api/client'
import { App } from './app'
import { useTexts } from './texts'
import { themeIn, variables } from './theme'

function Root() {
  const t = useTexts()
  const theme = useMemo(() => themeIn(t), [t])
  return (
    <Provider value={client}>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <Notifications position="bottom-right" />
        <App />
      </MantineProvider>
    </Provider>
  )
}

createRoot(document.getElementById('root')!).render(<Root />)
