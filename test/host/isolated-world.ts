import type { createValues } from './values.ts'

/** What crosses between the preload script's world and Electron's main process. */
export type WorldMessage =
  | {
      readonly kind: 'send'
      readonly channel: string
      readonly args: readonly unknown[]
      readonly ports: readonly number[]
    }
  | { readonly kind: 'invoke'; readonly id: number; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | { readonly kind: 'port-close'; readonly port: number }
export type HostMessage =
  | {
      readonly kind: 'message'
      readonly channel: string
      readonly args: readonly unknown[]
      readonly ports: readonly number[]
    }
  | { readonly kind: 'result'; readonly id: number; readonly ok: boolean; readonly value: unknown }
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | { readonly kind: 'port-close'; readonly port: number }

/** One side of `contextBridge`: runs in both worlds by its source. Functions cross as numbers, promises are settled later; all else is cloned. */
export function bridgeSide(own: string, other: string) {
  type Wire = { readonly [name: string]: unknown }
  const functions = new Map<number, (...args: unknown[]) => unknown>()
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const exposed: { take?: (key: string, api: unknown) => void } = {}
  let last = 0
  const post = (message: Wire): void =>
    void document.dispatchEvent(new CustomEvent(other, { detail: JSON.stringify(message) }))
  const isObject = (value: unknown): value is Wire => typeof value === 'object' && value !== null
  const isCallable = (value: unknown): value is (...args: unknown[]) => unknown => typeof value === 'function'
  const out = (value: unknown): unknown => {
    if (isCallable(value)) {
      functions.set(++last, value)
      return { fn: last }
    }
    if (Array.isArray(value)) return { list: value.map(out) }
    if (isObject(value)) return { record: Object.fromEntries(Object.entries(value).map(([name, v]) => [name, out(v)])) }
    return { value: value === undefined ? null : value, none: value === undefined }
  }
  const into = (wire: unknown): unknown => {
    if (!isObject(wire)) return undefined
    if (typeof wire['fn'] === 'number') {
      const fn = wire['fn']
      return (...args: unknown[]) => {
        const call = ++last
        const answer = Promise.withResolvers<unknown>()
        waiting.set(call, answer)
        post({ kind: 'call', fn, call, args: args.map(out) })
        return answer.promise
      }
    }
    if (Array.isArray(wire['list'])) return wire['list'].map(into)
    if (isObject(wire['record']))
      return Object.freeze(Object.fromEntries(Object.entries(wire['record']).map(([name, v]) => [name, into(v)])))
    return wire['none'] === true ? undefined : wire['value']
  }
  const answer = async (message: Wire): Promise<void> => {
    try {
      const args = Array.isArray(message['args']) ? message['args'].map(into) : []
      const value = await functions.get(Number(message['fn']))?.(...args)
      post({ kind: 'settle', call: message['call'], ok: true, value: out(value) })
    } catch (err) {
      post({
        kind: 'settle',
        call: message['call'],
        ok: false,
        value: out(err instanceof Error ? err.message : String(err)),
      })
    }
  }
  document.addEventListener(own, (event) => {
    const message: unknown = event instanceof CustomEvent ? JSON.parse(String(event.detail)) : undefined
    if (!isObject(message)) return
    if (message['kind'] === 'expose') exposed.take?.(String(message['key']), into(message['api']))
    if (message['kind'] === 'call') void answer(message)
    if (message['kind'] === 'settle') {
      const settled = waiting.get(Number(message['call']))
      waiting.delete(Number(message['call']))
      if (message['ok'] === true) settled?.resolve(into(message['value']))
      else settled?.reject(new Error(String(into(message['value']))))
    }
  })
  return {
    expose: (key: string, api: unknown) => post({ kind: 'expose', key, api: out(api) }),
    onExpose: (take: (key: string, api: unknown) => void) => void (exposed.take = take),
  }
}

export interface IsolatedInit {
  readonly platform: string
  readonly values: ReturnType<typeof createValues>
  readonly bridge: ReturnType<typeof bridgeSide>
  /** Carries text to the main process. */
  readonly pipe: (text: string) => void
}

/** What a sandboxed preload script may require, and the way in for the main process. Runs in the page by its source. */
export function isolatedWorld({ platform, values, bridge, pipe }: IsolatedInit) {
  type Listener = (event: { readonly ports: readonly MessagePort[] }, ...args: unknown[]) => void
  const listeners = new Map<string, Listener[]>()
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ports = new Map<number, MessagePort>()
  // The main process counts its ports from 1 up, this world from -1 down.
  let lastPort = 0
  let lastCall = 0
  const tell = (message: WorldMessage): void => pipe(values.stringify(message))
  const hold = (id: number, port: MessagePort): void => {
    ports.set(id, port)
    port.addEventListener('message', (event) => tell({ kind: 'port', port: id, data: event.data }))
    port.addEventListener('close', () => tell({ kind: 'port-close', port: id }))
    port.start()
  }
  const take = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel()
    hold(id, port1)
    return port2
  }
  const give = (port: MessagePort): number => {
    hold(--lastPort, port)
    return lastPort
  }
  const receive = (message: HostMessage): void => {
    if (message.kind === 'message') {
      const event = { ports: message.ports.map(take) }
      for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.args)
    } else if (message.kind === 'result') {
      const call = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.ok) call?.resolve(message.value)
      else call?.reject(new Error(String(message.value)))
    } else if (message.kind === 'port') ports.get(message.port)?.postMessage(message.data)
    else ports.get(message.port)?.close()
  }
  const ipcRenderer = {
    on: (channel: string, listener: Listener) => {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
    off: (channel: string, listener: Listener) => {
      listeners.set(
        channel,
        (listeners.get(channel) ?? []).filter((other) => other !== listener),
      )
      return ipcRenderer
    },
    send: (channel: string, ...args: unknown[]) => tell({ kind: 'send', channel, args, ports: [] }),
    postMessage: (channel: string, message: unknown, transfer: readonly MessagePort[] = []) =>
      tell({ kind: 'send', channel, args: [message], ports: transfer.map(give) }),
    invoke: (channel: string, ...args: unknown[]) => {
      const call = Promise.withResolvers<unknown>()
      waiting.set(++lastCall, call)
      tell({ kind: 'invoke', id: lastCall, channel, args })
      return call.promise
    },
  }
  const electron = { ipcRenderer, contextBridge: { exposeInMainWorld: bridge.expose } }
  return {
    receive: (text: string) => receive(values.parse(text)),
    process: { platform, contextIsolated: true, sandboxed: true },
    require: (name: string) => {
      if (name === 'electron') return electron
      throw new Error(`a sandboxed preload script cannot require ${name}`)
    },
  }
}
