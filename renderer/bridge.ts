import type { DesktopApi } from '../protocol/console/index.ts'
import { createControlClient, type ControlClient, portLink, webSocketLink } from '../protocol/control/window.ts'

/** Before a preload script that has not answered is asked again, and before a server that refused is. */
const AGAIN_MS = 500

declare global {
  interface Window {
    /** There in the desktop app alone. */
    readonly shoalDesktop?: DesktopApi
  }
}

/** What only the desktop app has: folder dialog, keyring, how the agent's process stands. Undefined in a browser, which has the page from `shoal web`. */
export const desktopApi = (): DesktopApi | undefined => window.shoalDesktop

export const inDesktop = (): boolean => desktopApi() !== undefined

/**
 * The only door to the agent: a port that the preload script hands over, or a WebSocket to where the page came from. Resolves when there is a
 * link; one whose agent is not running yet is asked again until there is.
 */
export const connect = (againMs = AGAIN_MS): Promise<ControlClient> =>
  inDesktop() ? connectPort(againMs) : connectSocket(againMs)

function connectPort(againMs: number): Promise<ControlClient> {
  return new Promise((resolve) => {
    const ask = (): void => window.postMessage('agent-port-wanted', location.origin)
    const timer = setInterval(ask, againMs)
    const listen = (event: MessageEvent): void => {
      const [port] = event.ports
      if (event.source !== window || event.data !== 'agent-port' || port === undefined) return
      clearInterval(timer)
      window.removeEventListener('message', listen)
      resolve(createControlClient(portLink(port)))
    }
    window.addEventListener('message', listen)
    ask()
  })
}

/** A browser does not tell a page why it was refused (signed out, no agent, no server): it asks again as long as it is open. */
function connectSocket(againMs: number): Promise<ControlClient> {
  return new Promise((resolve) => {
    const open = (): void => {
      const socket = new WebSocket(`ws://${location.host}/control`)
      socket.addEventListener('open', () => resolve(createControlClient(webSocketLink(socket))), { once: true })
      const again = (): void => void setTimeout(open, againMs)
      socket.addEventListener('error', again, { once: true })
    }
    open()
  })
}
