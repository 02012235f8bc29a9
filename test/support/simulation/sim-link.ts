import { judgeLink, type LinkEnd, LinkMeter, type Departure, type PlanLink } from '../../../node-agent/plan/index.ts'
import { LIMITS } from '../../../protocol/index.ts'

/** What a simulated host knows of its link to one peer: measured by the same meter as on a real host. */
export class SimLink implements PlanLink {
  readonly peer: LinkEnd
  readonly #meter: LinkMeter
  readonly #asked = new Map<number, { readonly size: number; readonly departure: Departure }>()
  #inFlight = 0
  #heardAtMs = 0
  #stalledSinceMs: number | undefined
  #stalls = 0

  readonly #wayMs: number

  /** @param wayMs round trip without any bytes on the lines */
  constructor(peer: LinkEnd, wayMs: number) {
    this.#wayMs = wayMs
    this.peer = peer
    this.#meter = new LinkMeter(peer.sameSite ? 5_000 : LIMITS.chunkTimeoutMs)
  }

  get closed(): boolean {
    return this.#stalledSinceMs !== undefined
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get window(): number {
    return this.#meter.window
  }

  get rate(): number {
    return this.#meter.rate ?? 0
  }

  get patienceMs(): number {
    return this.#meter.patienceMs(LIMITS.chunkBytes)
  }

  expectedMs(bytes: number): number {
    return this.#meter.expectedMs(bytes)
  }

  asked(chunk: number, size: number, nowMs: number): void {
    if (this.#asked.has(chunk)) return
    if (this.#inFlight === 0) this.#heardAtMs = nowMs
    this.#asked.set(chunk, { size, departure: this.#meter.depart(nowMs, this.#inFlight, this.#wayMs) })
    this.#inFlight += size
  }

  /** @returns false for what was taken back meanwhile */
  answered(chunk: number, nowMs: number): boolean {
    const asked = this.#asked.get(chunk)
    this.#heardAtMs = nowMs
    if (asked === undefined) return false
    this.takeBack(chunk)
    this.#meter.arrive(asked.departure, asked.size, asked.size, nowMs)
    return true
  }

  takeBack(chunk: number): void {
    this.#inFlight -= this.#asked.get(chunk)?.size ?? 0
    this.#asked.delete(chunk)
  }

  /**
   * @param arriving bytes are on their way from it: they trickle in, as those of all connections on a line do
   * @returns whether it begins (`true`) or ends (`false`) to count as stalled; undefined for neither
   */
  check(nowMs: number, arriving: boolean): boolean | undefined {
    const [oldest] = this.#asked.values()
    if (arriving) this.#heardAtMs = nowMs
    const health = judgeLink(this.#meter, {
      inFlight: this.#inFlight,
      silentMs: this.#inFlight === 0 ? 0 : nowMs - this.#heardAtMs,
      oldestMs: oldest === undefined ? 0 : nowMs - oldest.departure.atMs,
      stalledMs: this.#stalledSinceMs === undefined ? undefined : nowMs - this.#stalledSinceMs,
      stalls: this.#stalls,
    })
    if (health === 'unchanged') return undefined
    if (health === 'stalls') this.#stalls++
    this.#stalledSinceMs = health === 'probe' ? undefined : nowMs
    return health !== 'probe'
  }

  /** It answers again. @returns whether it counted as stalled */
  revive(): boolean {
    const stalled = this.closed
    this.#stalls = 0
    this.#stalledSinceMs = undefined
    return stalled
  }
}
