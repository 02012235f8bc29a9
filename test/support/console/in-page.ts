import { decodeFrame, encodeFrame } from '../../../protocol/control/codec.ts'
import type { AgentState, DesktopApi } from '../../../protocol/console/desktop.ts'
import { fromHex, toHex } from './hex.ts'

declare global {
  interface Window {
    shoalOpen(link: number): Promise<boolean>
    shoalSend(link: number, hex: string): Promise<void>
    shoalAsk(what: string, text: string): Promise<unknown>
  }
}

/** What only the desktop app has, answered by the test. */
const ask = (what: string, text = ''): Promise<never> => window.shoalAsk(what, text) as Promise<never>
const desktop: DesktopApi = {
  platform: 'linux',
  chooseFolder: () => ask('chooseFolder'),
  agentState: () => ask('agentState'),
  onAgentState: (listener) =>
    window.addEventListener(
      'shoal-agent',
      (event) => event instanceof CustomEvent && listener(event.detail as AgentState),
    ),
  retryAgent: () => ask('retryAgent'),
  keyring: () => ask('keyring'),
  rememberPassphrase: (passphrase) => ask('rememberPassphrase', passphrase),
  forgetPassphrase: () => ask('forgetPassphrase'),
}
Object.assign(window, { shoalDesktop: desktop })

/** Plays the preload script: hands the page a port, and carries its frames to the test. */
let count = 0
const ports = new Map<number, MessagePort>()
window.addEventListener('message', (event) => {
  if (event.source !== window || event.data !== 'agent-port-wanted') return
  const link = ++count
  void window.shoalOpen(link).then((open) => {
    if (!open) return
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = (frame) => void window.shoalSend(link, toHex(encodeFrame(frame.data)))
    ports.set(link, port1)
    window.postMessage('agent-port', location.origin, [port2])
  })
})
window.addEventListener('shoal-frame', (event) => {
  if (!(event instanceof CustomEvent)) return
  const { link, hex } = event.detail as { readonly link: number; readonly hex: string }
  ports.get(link)?.postMessage(decodeFrame(fromHex(hex)))
})
window.addEventListener('shoal-cut', () => {
  for (const port of ports.values()) {
    // What is no frame ends a link at once: a browser's port does not tell when its other end is closed.
    port.postMessage('cut')
    port.close()
  }
  ports.clear()
})
