import { ipcRenderer } from 'electron'

/**
 * The only thing that crosses into the window is one MessagePort to the agent. It is passed on to the page's own world, which context
 * isolation keeps apart from this script; nothing else is exposed.
 */
ipcRenderer.on('agent-port', (event) => {
  const [port] = event.ports
  if (port !== undefined) window.postMessage('agent-port', location.origin, [port])
})

window.addEventListener('message', (event) => {
  if (event.source === window && event.data === 'agent-port-wanted') ipcRenderer.send('agent-port-wanted')
})
