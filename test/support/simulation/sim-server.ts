import type { PeerKey } from '../../../protocol/index.ts'
import type { EventQueue } from './event-queue.ts'

/** Puts a chunk on the way; `left` is to be called when it has arrived. */
type Deliver = (bytes: number, chunk: number, left: () => void) => void

interface Client {
  readonly queue: number[]
  deliver: Deliver
  /** Bytes on the way to it. */
  underway: number
}

/** What a connection lets be on the way at once: as much as its socket and the queues of the line hold. */
const UNDERWAY_BYTES = 256 * 1024

/** The serving side of a simulated host: every client's requests in order, all clients at the same time. */
export class SimServer {
  readonly #events: EventQueue
  readonly #sizeOf: (chunk: number) => number
  readonly #clients = new Map<PeerKey, Client>()
  #stopped = false

  constructor(events: EventQueue, sizeOf: (chunk: number) => number) {
    this.#events = events
    this.#sizeOf = sizeOf
  }

  ask(peer: PeerKey, chunks: readonly number[], deliver: Deliver): void {
    const client = this.#clients.get(peer) ?? { queue: [], deliver, underway: 0 }
    this.#clients.set(peer, client)
    client.deliver = deliver
    client.queue.push(...chunks)
    this.#serve(client)
  }

  /** Takes back what has not left yet. */
  cancel(peer: PeerKey, chunk: number): void {
    const client = this.#clients.get(peer)
    const at = client?.queue.indexOf(chunk) ?? -1
    if (at >= 0) client?.queue.splice(at, 1)
  }

  /** Something is on its way to a client. */
  sends(peer: PeerKey): boolean {
    return (this.#clients.get(peer)?.underway ?? 0) > 0
  }

  forget(peer: PeerKey): void {
    this.#clients.delete(peer)
  }

  stop(): void {
    this.#stopped = true
  }

  #serve(client: Client): void {
    while (!this.#stopped && client.underway < UNDERWAY_BYTES) {
      const chunk = client.queue.shift()
      if (chunk === undefined) return
      const bytes = this.#sizeOf(chunk)
      client.underway += bytes
      client.deliver(bytes, chunk, () => {
        client.underway -= bytes
        this.#events.after(0, () => this.#serve(client))
      })
    }
  }
}
