import { contextBridge, ipcRenderer } from 'electron'
import type { AgentState, DesktopApi, Outcome } from '../protocol/console/index.ts'

/**
 * What crosses into the window: one MessagePort to the agent, passed on to the page's own world, which context isolation keeps apart from this
 * script, and the few things that only the desktop has. Answers are checked where they are made, in the main process.
 */
ipcRenderer.on('agent-port', (event) => {
  const [port] = event.ports
  if (port !== undefined) window.postMessage('agent-port', location.origin, [port])
})

window.addEventListener('message', (event) => {
  if (event.source === window && event.data === 'agent-port-wanted') ipcRenderer.send('agent-port-wanted')
})

// Links and notifications only ever change the part of the address after `#`.
ipcRenderer.on('navigate', (_event, route: string) => {
  location.hash = route
})

const ask = <T>(request: object): Promise<Outcome<T>> => ipcRenderer.invoke('desktop', request)

const desktop: DesktopApi = {
  platform: process.platform,
  chooseFolder: () => ask({ what: 'choose-folder' }),
  agentState: () => ask({ what: 'agent-state' }),
  onAgentState: (listener) => void ipcRenderer.on('agent-state', (_event, state: AgentState) => listener(state)),
  retryAgent: () => ask({ what: 'retry-agent' }),
  keyring: () => ask({ what: 'keyring' }),
  rememberPassphrase: (passphrase) => ask({ what: 'remember-passphrase', passphrase }),
  forgetPassphrase: () => ask({ what: 'forget-passphrase' }),
}
contextBridge.exposeInMainWorld('shoalDesktop', desktop)
