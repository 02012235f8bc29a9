import { LIMITS, type PeerKey, ShoalError } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { deadline } from './deadline.ts'
import type { Members } from './members.ts'
import type { Tracked } from './tracked.ts'

export interface PulseDeps {
  readonly members: Pick<Members, 'members'>
  readonly clock: Clock
  readonly log: Logger
  /** Ends with the run. */
  readonly signal: AbortSignal
}

const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

/** Finds out whether a connection that looks open still reaches the other side, and ends it when not: TCP alone takes minutes to notice (NET-21). */
export class Pulse {
  readonly #deps: PulseDeps
  readonly #waitMs: number
  readonly #answeredAtMs = new WeakMap<Tracked, number>()
  readonly #feeling = new Map<Tracked, Promise<boolean>>()

  /** @param waitMs nothing at all from the other side for so long after being asked means that it is out of reach */
  constructor(deps: PulseDeps, waitMs: number = LIMITS.pulseMs) {
    this.#deps = deps
    this.#waitMs = waitMs
  }

  /** Every connection of a peer, or of all, is asked for an answer, unless it has just given one. */
  doubt(peer?: PeerKey): void {
    const nowMs = this.#deps.clock.now()
    for (const tracked of this.#deps.members.members(peer)) {
      if (nowMs - (this.#answeredAtMs.get(tracked) ?? 0) > this.#waitMs) void this.answers(tracked)
    }
  }

  /** Whether the other side answers, or sends anything else meanwhile. A connection on which it does not is closed. */
  answers(tracked: Tracked): Promise<boolean> {
    const running = this.#feeling.get(tracked)
    if (running !== undefined) return running
    const feeling = this.#feel(tracked).finally(() => this.#feeling.delete(tracked))
    this.#feeling.set(tracked, feeling)
    return feeling
  }

  async #feel(tracked: Tracked): Promise<boolean> {
    const { connection, peer } = tracked
    const { clock, log, signal } = this.#deps
    const askedMs = clock.now()
    using limit = deadline(clock, this.#waitMs, signal)
    try {
      await ping(tracked, limit.signal)
      this.#answeredAtMs.set(tracked, clock.now())
      return true
    } catch {
      if (signal.aborted || connection.status !== 'open') return false
      if (tracked.heardMs > askedMs) return true
      log.info('connection-dead', { peer, address: connection.remoteAddr.toString() })
      connection.abort(new ShoalError('PEER_TIMEOUT', 'the other side of the connection is out of reach'))
      return false
    }
  }
}

/** One round trip on just this connection. Rejects when it ends or the signal aborts. */
async function ping({ connection }: Tracked, signal: AbortSignal): Promise<void> {
  const stream = await connection.newStream([PING_PROTOCOL], { signal })
  try {
    const answered = Promise.withResolvers<void>()
    let left = PING_BYTES
    stream.addEventListener('message', ({ data }) => {
      left -= data.byteLength
      if (left <= 0) answered.resolve()
    })
    stream.addEventListener('close', () => answered.reject(new ShoalError('PEER_GONE', 'the stream ended')))
    signal.addEventListener('abort', () => answered.reject(signal.reason), { once: true })
    stream.send(crypto.getRandomValues(new Uint8Array(PING_BYTES)))
    await answered.promise
  } finally {
    stream.close().catch(() => undefined)
  }
}
