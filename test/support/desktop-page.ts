import type { Page } from 'playwright-core'

/** What the agent answers a page of the desktop app: the page's own link gives way for it, and is made again by the page. */
export const askAgent = (page: Page, name: string, req: object = {}): Promise<unknown> =>
  page.evaluate(
    ([method, request]) =>
      new Promise<unknown>((resolve, reject) => {
        const ask = () => window.postMessage('agent-port-wanted', location.origin)
        const listen = (event: MessageEvent) => {
          const [port] = event.ports
          if (event.data !== 'agent-port' || port === undefined) return
          // One link for one question, or it would be asked twice.
          clearInterval(timer)
          window.removeEventListener('message', listen)
          port.addEventListener('message', ({ data }) => {
            if (data.t !== 'done') return
            if (data.result.ok === true) resolve(data.result.value)
            else reject(new Error(`${data.result.error.code}: ${data.result.error.message}`))
            port.close()
          })
          port.addEventListener('close', () => reject(new Error('AGENT_UNREACHABLE: the link ended first')))
          port.start()
          port.postMessage({ t: 'call', id: 1, name: method, req: request })
        }
        // An agent that is just starting has no port to give yet.
        const timer = setInterval(ask, 300)
        window.addEventListener('message', listen)
        ask()
      }),
    [name, req] as const,
  )

/** Asks the desktop through `shoalDesktop`. */
export const askDesktop = (page: Page, name: string, ...args: unknown[]): Promise<unknown> =>
  page.evaluate(
    ([method, given]) => {
      const api: unknown = Reflect.get(window, 'shoalDesktop')
      const call: unknown = typeof api === 'object' && api !== null ? Reflect.get(api, method) : undefined
      if (typeof call !== 'function') throw new Error(`shoalDesktop has no ${method}`)
      return call(...given)
    },
    [name, args] as const,
  )
