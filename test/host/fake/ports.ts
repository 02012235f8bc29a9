import { EventEmitter } from 'node:events'

/** Where a port's messages go once the port was handed to another process. */
export interface Remote {
  deliver(data: unknown): void
  closed(): void
}

/** One end of a channel in the main process; handed on, it is neutered here and its messages go to where it is now. */
export class MessagePortMain extends EventEmitter {
  peer: MessagePortMain | undefined
  #remote: Remote | undefined
  #waiting: unknown[] = []
  #started = false
  #closed = false

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    if (transfer.length > 0) throw new Error('the host hands on no ports through ports')
    const data: unknown = structuredClone(message)
    setImmediate(() => this.peer?.take(data))
  }

  start(): void {
    this.#started = true
    for (const data of this.#waiting.splice(0)) this.emit('message', { data, ports: [] })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.peer?.wasClosed()
    this.emit('close')
  }

  take(data: unknown): void {
    if (this.#closed) return
    if (this.#remote !== undefined) this.#remote.deliver(data)
    else if (this.#started) this.emit('message', { data, ports: [] })
    else this.#waiting.push(data)
  }

  wasClosed(): void {
    // After what was sent before it.
    setImmediate(() => {
      if (this.#closed) return
      this.#closed = true
      this.#remote?.closed()
      this.emit('close')
    })
  }

  handOn(remote: Remote): void {
    this.#remote = remote
    for (const data of this.#waiting.splice(0)) remote.deliver(data)
  }
}

export class MessageChannelMain {
  readonly port1 = new MessagePortMain()
  readonly port2 = new MessagePortMain()

  constructor() {
    this.port1.peer = this.port2
    this.port2.peer = this.port1
  }
}

/** The ports that one other process holds, by number. */
export class PortTable {
  readonly #ports = new Map<number, MessagePortMain>()
  readonly #deliver: (port: number, data: unknown) => void
  readonly #closed: (port: number) => void
  #last = 0

  constructor(deliver: (port: number, data: unknown) => void, closed: (port: number) => void) {
    this.#deliver = deliver
    this.#closed = closed
  }

  /** Hands a port of the main process to the other one; its number there. */
  give(port: MessagePortMain): number {
    const id = ++this.#last
    this.#ports.set(id, port)
    port.handOn({ deliver: (data) => this.#deliver(id, data), closed: () => this.#closed(id) })
    return id
  }

  /** Takes a port that the other process handed over. */
  take(id: number): MessagePortMain {
    const { port1, port2 } = new MessageChannelMain()
    this.#ports.set(id, port2)
    port2.handOn({ deliver: (data) => this.#deliver(id, data), closed: () => this.#closed(id) })
    return port1
  }

  receive(id: number, data: unknown): void {
    this.#ports.get(id)?.postMessage(data)
  }

  close(id: number): void {
    this.#ports.get(id)?.close()
    this.#ports.delete(id)
  }

  /** The other process is gone. */
  closeAll(): void {
    for (const id of this.#ports.keys()) this.close(id)
  }
}
