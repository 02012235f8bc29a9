import { createControlClient, type ControlClient, portLink } from '../protocol/control/window.ts'

/**
 * The only door to the agent: asks the preload script for a port and makes a client of it. Resolves when a port came; an agent that is not
 * running yet is asked again.
 */
export function connect(askAgainMs = 500): Promise<ControlClient> {
  return new Promise((resolve) => {
    const ask = (): void => window.postMessage('agent-port-wanted', location.origin)
    const timer = setInterval(ask, askAgainMs)
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
