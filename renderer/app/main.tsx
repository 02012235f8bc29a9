import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connect, desktopApi } from '../bridge.ts'
import { warmFormats } from '../state/format.ts'
import { SharedProvider } from '../state/hooks.ts'
import { App } from './app.tsx'
import { createShared } from './shared.ts'

/** The window's edge: everything that lives as long as the page is made here, once. */
const element = document.getElementById('app')
if (element !== null) {
  createRoot(element).render(
    <StrictMode>
      <SharedProvider value={createShared(window, connect, desktopApi())}>
        <App mac={/Mac|iPhone|iPad/.test(navigator.userAgent)} />
      </SharedProvider>
    </StrictMode>,
  )
}
setTimeout(warmFormats)
