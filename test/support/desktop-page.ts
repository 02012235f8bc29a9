import type { Page } from 'playwright-core'

/** What the agent answers a page of the desktop app: the page's own link gives way for it, and is made again by the page. */
export const askAgent = (page: Page, name: string, req: object = {}): Promise<unknown> =>
  page.evaluate(
    ([method, request]) =>
      new Promise<unknown>((resolve, reject) => {
        const ask = () => window.postMessage('agent-port-wanted', location.origin)
        // A link that ends before it has answered was that of an agent which is just starting.
        const timer = setInterval(ask, 300)
        const listen = (event: MessageEvent) => {
          const [port] = event.ports
          if (event.data !== 'agent-port' || port === undefined) return
          port.addEventListener('message', ({ data }) => {
            if (data.t !== 'done') return
            clearInterval(timer)
            window.removeEventListener('message', listen)
            if (data.result.ok === true) resolve(data.result.value)
            else reject(new Error(`${data.result.error.code}: ${data.result.error.message}`))
            port.close()
          })
          port.start()
          port.postMessage({ t: 'call', id: 1, name: method, req: request })
        }
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
