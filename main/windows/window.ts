import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrowserWindow, protocol, session } from 'electron'
import { securityHeaders } from '../../protocol/console/index.ts'
import { APP_ORIGIN, assetOfUrl } from './policy.ts'

/** Before the app is ready: the scheme behaves like https, with an origin of its own. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }])
}

/** Serves the built renderer under the app's own scheme, refuses every permission, and every origin but its own. */
export function guardSession(folder: string): void {
  protocol.handle('app', async (request) => {
    const asset = assetOfUrl(request.url)
    const body = asset === undefined ? undefined : await readFile(join(folder, asset.name)).catch(() => undefined)
    const headers = securityHeaders({ connect: 'none' })
    if (asset === undefined || body === undefined) return new Response('not found', { status: 404, headers })
    return new Response(new Uint8Array(body), { headers: { ...headers, 'content-type': asset.type } })
  })
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, callback) => callback(false))
  session.defaultSession.setPermissionCheckHandler(() => false)
}

/** The console's window. It never navigates and never opens another. */
export async function openWindow(preload: string): Promise<BrowserWindow> {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 1024,
    minHeight: 640,
    title: 'Shoal',
    show: false,
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false },
  })
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  window.webContents.on('will-attach-webview', (event) => event.preventDefault())
  window.once('ready-to-show', () => window.show())
  await window.loadURL(`${APP_ORIGIN}/index.html`)
  return window
}

/** Where electron-vite puts the built parts, seen from out/main. */
export const builtPaths = (here: string) => ({
  renderer: join(here, '../renderer'),
  preload: join(here, '../preload/preload.cjs'),
  agent: join(here, 'agent.js'),
})
