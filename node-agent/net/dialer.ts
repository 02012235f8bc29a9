import { ERRORS, isShoalError, LIMITS, type PeerKey, ShoalError, toWire } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { type DialPolicy, type DialView, type KnownPeer, type PeerTable, redialMs } from './peer-table.ts'
import type { NetPeer, NetReach } from './types.ts'

/** An address from configuration or ticket, whose peer may be unknown or change. */
interface Bootstrap {
  readonly address: string
  peer: PeerKey | undefined
  failures: number
  notBeforeMs: number
}

export interface DialerDeps {
  readonly table: PeerTable
  readonly clock: Clock
  readonly log: Logger
  readonly rng: () => number
  /** Connected members and their sites. */
  view(): DialView
  dialPeer(known: KnownPeer, signal: AbortSignal): Promise<NetPeer>
  dialAddress(address: string, signal: AbortSignal): Promise<NetPeer>
}

export interface DialerInit {
  readonly bootstrap: readonly string[]
  readonly policy: DialPolicy
  readonly shuffleMs: number
}

/** Dials at once; more wait for their turn. */
const PARALLEL_DIALS = 8
/** Longest sleep of the loop when nothing is due: what changed without a wake is then seen. */
const IDLE_MS = 60_000

/** Keeps the node connected, for ever: seeks members while there are too few, and tries a new one now and then (NET-9, NET-10). */
export class Dialer {
  readonly #deps: DialerDeps
  readonly #init: DialerInit
  readonly #bootstrap: Bootstrap[]
  readonly #dialling = new Set<PeerKey | Bootstrap>()
  readonly #tasks = new Set<Promise<void>>()
  #wakened = Promise.withResolvers<void>()
  #shuffleAtMs: number

  constructor(deps: DialerDeps, init: DialerInit) {
    this.#deps = deps
    this.#init = init
    this.#bootstrap = init.bootstrap.map((address) => ({ address, peer: undefined, failures: 0, notBeforeMs: 0 }))
    this.#shuffleAtMs = deps.clock.now() + this.#shuffleDelay()
  }

  /** Something changed: a peer came, went, or became known. */
  wake(): void {
    this.#wakened.resolve()
  }

  /** Whoever is not connected although dialled, and when the first of them is dialled again (NET-10). */
  unreached(): Pick<NetReach, 'unreached' | 'nextDialAt'> {
    const { busy } = this.#deps.view()
    const boot = this.#bootstrap.filter(({ failures, peer }) => failures > 0 && (peer === undefined || !busy.has(peer)))
    const failed = [...this.#deps.table.failing(busy), ...boot]
    const next = failed.reduce((least, { notBeforeMs }) => Math.min(least, notBeforeMs), Number.POSITIVE_INFINITY)
    return { unreached: failed.length, nextDialAt: failed.length === 0 ? null : new Date(next).toISOString() }
  }

  /** This host is somewhere else on the network: everybody is tried again soon. */
  retry(): void {
    const nowMs = this.#deps.clock.now()
    this.#deps.table.retryAll(nowMs)
    for (const entry of this.#bootstrap) {
      entry.failures = 0
      entry.notBeforeMs = Math.min(entry.notBeforeMs, nowMs + redialMs(0, this.#init.policy, this.#deps.rng))
    }
    this.wake()
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wakened = Promise.withResolvers()
      const lookedAtMs = this.#dialDue(signal)
      const sleep = new AbortController()
      const due = this.#deps.clock.sleep(this.#untilDue(lookedAtMs), {
        signal: AbortSignal.any([signal, sleep.signal]),
        unref: true,
      })
      await Promise.race([due.catch(() => undefined), this.#wakened.promise])
      sleep.abort()
    }
    await Promise.all(this.#tasks)
  }

  #view(): DialView {
    const view = this.#deps.view()
    const dialling = [...this.#dialling].filter((d) => typeof d === 'string')
    return { ...view, busy: new Set([...view.busy, ...dialling]) }
  }

  /** Dials everybody who is due. Returns the time at which it looked. */
  #dialDue(signal: AbortSignal): number {
    const view = this.#view()
    for (const known of this.#deps.table.choose(view)) {
      if (this.#dialling.size >= PARALLEL_DIALS) break
      this.#start(this.#dialKnown(known, signal))
    }
    if (view.busy.size < this.#init.policy.peersSought) {
      for (const entry of this.#bootstrap) {
        const busy = this.#dialling.has(entry) || (entry.peer !== undefined && view.busy.has(entry.peer))
        if (!busy && entry.notBeforeMs <= view.nowMs) this.#start(this.#dialBootstrap(entry, signal))
      }
    }
    if (this.#shuffleAtMs > view.nowMs) return view.nowMs
    this.#shuffleAtMs = view.nowMs + this.#shuffleDelay()
    const any = this.#deps.table.chooseAny(this.#view())
    if (any !== undefined) this.#start(this.#dialKnown(any, signal))
    return view.nowMs
  }

  #start(task: Promise<void>): void {
    this.#tasks.add(task)
    void task.finally(() => {
      this.#tasks.delete(task)
      this.wake()
    })
  }

  async #dialKnown(known: KnownPeer, signal: AbortSignal): Promise<void> {
    this.#dialling.add(known.peer)
    try {
      await this.#deps.dialPeer(known, signal)
    } catch (err) {
      const refused = isShoalError(err) && ERRORS[err.code].exit === 4
      this.#deps.table.failed(known.peer, this.#deps.clock.now(), refused)
      const { code, message } = toWire(err)
      this.#deps.log.debug('dial-failed', { peer: known.peer, failures: known.failures, code, reason: message })
    } finally {
      this.#dialling.delete(known.peer)
    }
  }

  async #dialBootstrap(entry: Bootstrap, signal: AbortSignal): Promise<void> {
    this.#dialling.add(entry)
    try {
      entry.peer = (await this.#deps.dialAddress(entry.address, signal)).peer
      entry.failures = 0
      // Soon enough when the connection is lost again; while it lasts, its peer counts as busy.
      entry.notBeforeMs = this.#deps.clock.now() + redialMs(0, this.#init.policy, this.#deps.rng)
    } catch (err) {
      entry.notBeforeMs = this.#deps.clock.now() + redialMs(entry.failures, this.#init.policy, this.#deps.rng)
      entry.failures++
      const { code, message } = toWire(err instanceof Error ? err : new ShoalError('INTERNAL', 'dial failed'))
      this.#deps.log.debug('dial-failed', { address: entry.address, failures: entry.failures, code, reason: message })
    } finally {
      this.#dialling.delete(entry)
    }
  }

  /** Time until somebody is due who was not when the loop looked: time goes on in between, and nobody may fall into that gap. */
  #untilDue(lookedAtMs: number): number {
    const view = { ...this.#view(), nowMs: lookedAtMs }
    let due = this.#shuffleAtMs
    if (view.busy.size < this.#init.policy.peersSought) {
      due = Math.min(due, this.#deps.table.nextDueMs(view))
      for (const entry of this.#bootstrap) if (entry.notBeforeMs > lookedAtMs) due = Math.min(due, entry.notBeforeMs)
    }
    return Math.max(1, Math.min(due - this.#deps.clock.now(), IDLE_MS))
  }

  /** Spread, so that a mesh does not shuffle in step. */
  #shuffleDelay(): number {
    return this.#init.shuffleMs * (0.5 + this.#deps.rng())
  }
}

/** The policy's numbers, from the pace of a net or from LIMITS. */
export const dialPolicy = (pace: Partial<DialPolicy>): DialPolicy => ({
  peersSought: pace.peersSought ?? LIMITS.peersSought,
  peersSoughtSameSite: pace.peersSoughtSameSite ?? LIMITS.peersSoughtSameSite,
  redialMinMs: pace.redialMinMs ?? LIMITS.redialMinMs,
  redialMaxMs: pace.redialMaxMs ?? LIMITS.redialMaxMs,
})
