import { EventEmitter } from 'node:events'

export type ParentMessage =
  | { readonly kind: 'message'; readonly data: unknown; readonly ports: readonly number[] }
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | { readonly kind: 'port-close'; readonly port: number }
export type ChildMessage =
  | { readonly kind: 'message'; readonly data: unknown }
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | { readonly kind: 'port-close'; readonly port: number }

const tell = (message: ChildMessage): void => void process.send?.(message)

/** A port in a utility process. */
class ChildPort extends EventEmitter {
  readonly #id: number
  #waiting: unknown[] = []
  #started = false

  constructor(id: number) {
    super()
    this.#id = id
  }

  postMessage(data: unknown): void {
    tell({ kind: 'port', port: this.#id, data })
  }

  start(): void {
    this.#started = true
    for (const data of this.#waiting.splice(0)) this.emit('message', { data, ports: [] })
  }

  close(): void {
    if (!ports.delete(this.#id)) return
    tell({ kind: 'port-close', port: this.#id })
    this.emit('close')
  }

  take(data: unknown): void {
    if (this.#started) this.emit('message', { data, ports: [] })
    else this.#waiting.push(data)
  }

  wasClosed(): void {
    ports.delete(this.#id)
    this.emit('close')
  }
}

const ports = new Map<number, ChildPort>()

/** As in Electron, what arrives before anybody listens waits. */
class ParentPort extends EventEmitter {
  #waiting: object[] | undefined = []

  constructor() {
    super()
    this.on('newListener', (name) => {
      if (name !== 'message') return
      const waiting = this.#waiting?.splice(0) ?? []
      this.#waiting = undefined
      setImmediate(() => waiting.forEach((event) => this.emit('message', event)))
    })
  }

  take(event: object): void {
    if (this.#waiting === undefined) this.emit('message', event)
    else this.#waiting.push(event)
  }

  postMessage(data: unknown): void {
    tell({ kind: 'message', data })
  }
}

const parentPort = new ParentPort()
Reflect.set(process, 'parentPort', parentPort)
process.on('message', (message: ParentMessage) => {
  if (message.kind === 'port') ports.get(message.port)?.take(message.data)
  else if (message.kind === 'port-close') ports.get(message.port)?.wasClosed()
  else {
    const given = message.ports.map((id) => {
      const port = new ChildPort(id)
      ports.set(id, port)
      return port
    })
    parentPort.take({ data: message.data, ports: given })
  }
})
// The app is gone, however it went.
process.on('disconnect', () => process.exit(1))
