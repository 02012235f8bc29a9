import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, type BrowserWindow, ipcMain } from 'electron'
import { AgentSupervisor } from './agent/supervisor.ts'
import { isTrustedFrame } from './windows/policy.ts'
import { builtPaths, guardSession, openWindow, registerScheme } from './windows/window.ts'

/** The desktop app's edge: one instance, one window, one agent. */
const paths = builtPaths(dirname(fileURLToPath(import.meta.url)))
let window: BrowserWindow | undefined

if (!app.requestSingleInstanceLock()) {
  app.quit()
} else {
  registerScheme()
  const home = process.env['SHOAL_HOME']
  const agent = new AgentSupervisor({
    entry: paths.agent,
    home,
    onExit: (code) => console.error(`agent exited with ${code}`),
  })
  ipcMain.on('agent-port-wanted', (event) => {
    if (!isTrustedFrame(event.senderFrame)) return
    const port = agent.openPort()
    if (port !== undefined) event.senderFrame?.postMessage('agent-port', null, [port])
  })
  app.on('second-instance', () => {
    window?.show()
    window?.focus()
  })
  app.on('window-all-closed', () => app.quit())
  app.on('will-quit', () => agent.stop())
  // No top-level await here: an ES module main that awaits readiness never becomes ready.
  void app.whenReady().then(async () => {
    guardSession(paths.renderer)
    agent.start()
    window = await openWindow(paths.preload)
  })
}
