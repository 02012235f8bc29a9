import type { Socket } from 'node:net'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { isRelayed } from './addresses.ts'
import { LinePace } from '../plan/index.ts'
import type { Members } from './members.ts'
import type { Tracked } from './tracked.ts'
import { Sockets } from './sockets.ts'
import { systemTcp, type TcpInfo, type TcpKernel } from './tcp-info.ts'

export interface PacerDeps {
  readonly members: Pick<Members, 'members'>
  readonly clock: Clock
  readonly log: Logger
  /** Ends with the run. */
  readonly signal: AbortSignal
  /** The peer is on this host's own site. */
  isSameSite(tracked: Tracked): boolean
  /** Another kernel, for tests. */
  readonly kernel?: TcpKernel
}

/** How often the kernel is asked while anything is sent, and for how long after that. */
const LOOK_MS = 100
const LINGER_MS = 2_000
/** Bytes ready beyond what the kernel may send: so much time of the line, within these bounds; without limit on a line that carries more than `THICK` a second. */
const AHEAD_MS = 200
const AHEAD_LEAST = 16 * 1024
const AHEAD_UNKNOWN = 64 * 1024
const THICK = 4 * 1024 * 1024
/** A change of the rate smaller than this is not worth a system call. */
const WORTH = 0.02
/** Until there is room again is waited so long at least, so that timers do not spin, and at most, since a line may become faster. */
const [WAIT_LEAST_MS, WAIT_MOST_MS] = [4, 50]

/** One TCP connection to a member of another site. */
interface Line {
  readonly pace: LinePace
  info: TcpInfo | undefined
  /** Bytes that arrived since it is watched. */
  delivered: number
  written: number
  rate: number | undefined
  ahead: number | undefined
}

/**
 * Paces what leaves to members of other sites, so that others on a thin line keep a usable round trip (PACE-7, PACE-8): asks the kernel for the state of
 * each such connection while anything is sent, and sets the rate at which it may leave. Where the kernel does not tell, nothing is paced (PACE-9).
 */
export class Pacer {
  /** To be told of every socket. */
  readonly sockets = new Sockets()
  readonly #deps: PacerDeps
  readonly #kernel: TcpKernel
  readonly #paced: boolean
  readonly #lines = new WeakMap<Socket, Line>()
  #looking = false

  /** @param init `paced`: false lets everything leave as TCP itself does */
  constructor(deps: PacerDeps, init: { readonly paced: boolean }) {
    this.#deps = deps
    this.#kernel = deps.kernel ?? systemTcp
    this.#paced = init.paced
  }

  /** Something is sent, or is about to be. */
  wake(): void {
    if (!this.#paced || this.#looking || this.#deps.signal.aborted) return
    this.#looking = true
    void this.#look().finally(() => (this.#looking = false))
  }

  /** Bytes that may wait to be sent on a connection; undefined for any number. */
  ahead(tracked: Tracked): number | undefined {
    const socket = this.#socket(tracked)
    if (socket === undefined) return undefined
    const line = this.#lines.get(socket)
    return line === undefined ? AHEAD_UNKNOWN : line.ahead
  }

  /** Shortest round trip of a connection in the last minutes, whatever site it leads to; undefined where the kernel does not tell, and through a relay. */
  wayMs({ connection: { remoteAddr } }: Tracked): number | undefined {
    const [socket] = isRelayed(remoteAddr) ? [] : this.sockets.to(remoteAddr)
    return socket && this.#kernel.tcpInfo(socket)?.minRttMs
  }

  /** Waits until a connection takes more. Rejects when `signal` aborts. */
  async room(tracked: Tracked, signal: AbortSignal): Promise<void> {
    this.wake()
    const socket = this.#socket(tracked)
    while (socket !== undefined && !socket.destroyed) {
      const over = socket.writableLength - (this.ahead(tracked) ?? Number.POSITIVE_INFINITY)
      if (over <= 0) return
      const rate = this.#lines.get(socket)?.pace.delivering ?? THICK
      const waitMs = Math.min(WAIT_MOST_MS, Math.max(WAIT_LEAST_MS, (over / rate) * 1000))
      await this.#deps.clock.sleep(waitMs, { signal, unref: true })
    }
  }

  /** The socket beneath a connection to another site: the relay's where there is one. */
  #socket(tracked: Tracked): Socket | undefined {
    if (!this.#paced || this.#deps.isSameSite(tracked)) return undefined
    return this.sockets.to(tracked.connection.remoteAddr)[0]
  }

  async #look(): Promise<void> {
    const { clock, members, signal } = this.#deps
    let quietSinceMs = clock.monotonic()
    while (!signal.aborted && clock.monotonic() - quietSinceMs < LINGER_MS) {
      for (const tracked of members.members()) {
        if (this.#deps.isSameSite(tracked)) continue
        for (const socket of this.sockets.to(tracked.connection.remoteAddr))
          if (this.#lookAt(socket, tracked)) quietSinceMs = clock.monotonic()
      }
      await clock.sleep(LOOK_MS, { signal, unref: true }).catch(() => undefined)
    }
  }

  /** @returns whether anything was sent since the last look */
  #lookAt(socket: Socket, { peer }: Tracked): boolean {
    const line = this.#line(socket)
    const sent = socket.bytesWritten - line.written
    const waiting = socket.writableLength > 0 || (line.info?.notSentBytes ?? 0) > 0
    if (sent === 0 && !waiting) return false
    line.written = socket.bytesWritten
    const info = this.#kernel.tcpInfo(socket)
    if (info === undefined) {
      line.ahead = undefined
      return false
    }
    const { rttMs, minRttMs, segmentBytes, notSentBytes } = info
    if (line.info !== undefined) line.delivered += ((info.delivered - line.info.delivered) >>> 0) * segmentBytes
    line.info = info
    const busy = notSentBytes > 0 || socket.writableLength > 0
    const nowMs = this.#deps.clock.monotonic()
    line.pace.take({ nowMs, rttMs, minRttMs, delivered: line.delivered, segmentBytes, busy })
    if (line.rate === undefined && line.pace.rate !== undefined)
      this.#deps.log.debug('line-paced', { peer, rttMs, minRttMs })
    this.#apply(socket, line)
    return true
  }

  #apply(socket: Socket, line: Line): void {
    const { rate, delivering } = line.pace
    const before = line.rate
    if (rate !== undefined && (before === undefined || Math.abs(rate / before - 1) > WORTH)) {
      if (this.#kernel.limitRate(socket, rate)) line.rate = rate
    }
    const carries = Math.max(rate ?? 0, delivering ?? 0)
    if (carries === 0) return
    const ahead = carries > THICK ? undefined : Math.max(AHEAD_LEAST, (carries * AHEAD_MS) / 1000)
    if (ahead === line.ahead || (ahead !== undefined && Math.abs(ahead / (line.ahead ?? 1) - 1) <= WORTH)) return
    if (this.#kernel.limitUnsent(socket, ahead)) line.ahead = ahead
  }

  #line(socket: Socket): Line {
    const known = this.#lines.get(socket)
    if (known !== undefined) return known
    const line: Line = {
      pace: new LinePace(),
      info: undefined,
      delivered: 0,
      written: 0,
      rate: undefined,
      ahead: AHEAD_UNKNOWN,
    }
    this.#lines.set(socket, line)
    return line
  }
}
