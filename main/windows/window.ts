import { BrowserWindow, screen } from 'electron'
import type { SettingsStore } from '../settings/store.ts'
import { LEAST_HEIGHT, LEAST_WIDTH, openingBounds } from './bounds.ts'

export interface WindowInit {
  readonly preload: string
  /** The page to load. */
  readonly url: string
  readonly settings: SettingsStore
  /** Asked when the person closes the window: true hides it instead. */
  readonly hidesOnClose: () => boolean
}

/** The console's window, not yet loaded. It never navigates and never opens another. */
export function createWindow({ preload, settings, hidesOnClose }: WindowInit): BrowserWindow {
  const { window: place, maximized } = settings.value
  const window = new BrowserWindow({
    ...openingBounds(
      place,
      screen.getAllDisplays().map(({ workArea }) => workArea),
    ),
    minWidth: LEAST_WIDTH,
    minHeight: LEAST_HEIGHT,
    title: 'Shoal',
    show: false,
    // What is seen before the page is painted.
    backgroundColor: '#14181d',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  })
  if (maximized) window.maximize()
  const keep = (): void => {
    const { x, y, width, height } = window.getNormalBounds()
    settings.change({ window: { x, y, width, height }, maximized: window.isMaximized() })
  }
  window.on('resize', keep)
  window.on('move', keep)
  window.on('maximize', keep)
  window.on('unmaximize', keep)
  window.on('close', (event) => {
    if (!hidesOnClose()) return
    event.preventDefault()
    window.hide()
  })
  window.once('ready-to-show', () => window.show())
  return window
}

/** In front of the person, whatever it was. */
export function present(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
