/** What the kernel says of one TCP connection. Times in ms, sizes in bytes. */
export interface LineSample {
  /** Of a clock that never goes back. */
  readonly nowMs: number
  /** Smoothed round trip. */
  readonly rttMs: number
  /** The shortest round trip of the last minutes. */
  readonly minRttMs: number
  /** Arrived at the other end so far, in whatever order. */
  readonly delivered: number
  /** Largest segment. */
  readonly segmentBytes: number
  /** There was more to send than could leave at once. */
  readonly busy: boolean
}

/** Queueing delay that is aimed at: this, or an eighth of the round trip. */
const QUEUE_MS = 50
const QUEUE_SHARE = 1 / 8
/** Segments whose acknowledgements come as one: their time on the line is no queue, though a round trip of small messages lacks it. */
const ACKED_SEGMENTS = 2
/** Delay that is seen so often in a row, or twice as much of it once, is a queue. */
const SEEN = 2
/** How long it takes, beyond a round trip, until a change of the rate shows in the smoothed round trip. */
const LAG_MS = 250
/** Bounds of one step: half the rate, and a quarter more, as BBR does. */
const [MOST_DOWN, MOST_UP] = [0.5, 0.25]
/** Without a sample for so long, there was a pause. */
const PAUSE_MS = 1_600
/** The rate delivered is measured over a round trip, or this, or the time of so many segments. */
const RATE_MS = 400
const RATE_SEGMENTS = 20
/** Samples kept for that: `RATE_SEGMENTS` at 64 kbit/s, and no more. */
const SAMPLES = 64
/** The shortest round trip is remembered so long, as minima of a few parts. */
const BASE_MS = 40_000
const BASE_PARTS = 8
/** A line without a queue for so many reactions has room: more is tried. */
const CALM = 2
/** Every so often all lines of a host run slowly for a moment, so that each sees its round trip without the host's own queue. */
const DRAIN_EVERY_MS = 20_000
const DRAIN_SHARE = 0.5
/** Whoever else fills the line, this share of the best rate is kept, and never less than `LEAST`; it halves in about 15 s, for a line that became thinner. */
const KEPT_SHARE = 0.25
const KEPT_HALVES_MS = 15_000
const LEAST = 4_096

/**
 * Finds the rate at which one connection keeps a thin line busy without a long queue before it (PACE-1 to PACE-6). A line has no such rate until a queue was
 * seen; then it follows the queueing delay and nothing else: what is lost on the way does not slow it down. Pure: all it knows is in the samples.
 */
export class LinePace {
  #samples: LineSample[] = []
  readonly #bases: { readonly part: number; ms: number }[] = []
  /** What the line was seen to carry, bytes a second; 0 while unknown. */
  #carries = 0
  #best = 0
  #rate: number | undefined
  #seen = 0
  #calmSinceMs: number | undefined
  #lastMs: number | undefined
  #steadyFromMs = 0
  #turn: number | undefined
  #drainUntilMs = 0

  /** Bytes a second that may leave; undefined for as many as TCP itself lets. */
  get rate(): number | undefined {
    return this.#rate
  }

  /** Bytes a second that arrive, as measured last; undefined before that. */
  get delivering(): number | undefined {
    return this.#delivery()
  }

  /** Takes a sample, a few times a second while anything is sent. */
  take(sample: LineSample): void {
    const sinceMs = this.#lastMs === undefined ? 0 : sample.nowMs - this.#lastMs
    this.#lastMs = sample.nowMs
    const base = this.#base(sample)
    const delivery = this.#delivered(sample, sinceMs)
    if (!sample.busy || (delivery === undefined && this.#rate === undefined)) return
    const serialMs = (ACKED_SEGMENTS * sample.segmentBytes * 1000) / Math.max(delivery ?? 0, this.#carries, LEAST)
    const queueMs = Math.max(0, sample.rttMs - base - serialMs)
    const targetMs = Math.max(QUEUE_MS, base * QUEUE_SHARE)
    const lagMs = sample.rttMs + LAG_MS
    if (delivery !== undefined) this.#learn(delivery, queueMs > targetMs / 2, Math.min(1, sinceMs / lagMs))
    this.#watch(sample.nowMs, queueMs, targetMs, delivery !== undefined)
    if (this.#rate === undefined && this.#seen < SEEN) return
    this.#rate = this.#steer(sample.nowMs, queueMs, targetMs, lagMs, sinceMs)
  }

  /** What arrives, measured again from one round trip after a pause or a drain: until then it says how fast was sent, not what the line carries. */
  #delivered(sample: LineSample, sinceMs: number): number | undefined {
    const { nowMs, rttMs, busy } = sample
    if (!busy || sinceMs > PAUSE_MS || nowMs < this.#drainUntilMs) this.#steadyFromMs = nowMs + rttMs
    if (nowMs < this.#steadyFromMs) this.#samples = []
    this.#samples.push(sample)
    if (this.#samples.length > SAMPLES) this.#samples.shift()
    return this.#delivery()
  }

  /** The round trip without a queue: the shortest of the last while, in parts, so that a longer way shows after it. */
  #base({ nowMs, rttMs, minRttMs }: LineSample): number {
    const part = Math.floor(nowMs / (BASE_MS / BASE_PARTS))
    while ((this.#bases[0]?.part ?? part) <= part - BASE_PARTS) this.#bases.shift()
    // What the kernel remembers from before stands for the time in which nothing was sent.
    if (this.#bases.length === 0) this.#bases.push({ part: part - 1, ms: Math.min(minRttMs, rttMs) })
    const newest = this.#bases.at(-1)
    if (newest?.part === part) newest.ms = Math.min(newest.ms, rttMs)
    else this.#bases.push({ part, ms: rttMs })
    return Math.min(...this.#bases.map(({ ms }) => ms))
  }

  /** Bytes a second over the last round trip or so. */
  #delivery(): number | undefined {
    const last = this.#samples.at(-1)
    if (last === undefined) return undefined
    const spanMs = Math.max(RATE_MS, last.rttMs)
    const first = this.#samples.findLast(
      ({ nowMs, delivered, segmentBytes }) =>
        last.nowMs - nowMs >= spanMs && last.delivered - delivered >= RATE_SEGMENTS * segmentBytes,
    )
    const from = first ?? (this.#samples.length === SAMPLES ? this.#samples[0] : undefined)
    return from === undefined ? undefined : ((last.delivered - from.delivered) / (last.nowMs - from.nowMs)) * 1000
  }

  /** While there is a queue, what arrives is what the line carries; without one it carries at least that. */
  #learn(delivery: number, queued: boolean, weight: number): void {
    if (!queued || this.#rate === undefined) this.#carries = Math.max(this.#carries, delivery)
    else this.#carries += (delivery - this.#carries) * weight
    this.#best = Math.max(this.#best, this.#carries)
  }

  #watch(nowMs: number, queueMs: number, targetMs: number, steady: boolean): void {
    if (queueMs > targetMs) this.#seen += queueMs > 2 * targetMs ? SEEN : 1
    else this.#seen = 0
    if (queueMs > targetMs / 2 || !steady) this.#calmSinceMs = undefined
    else this.#calmSinceMs ??= nowMs
  }

  #steer(nowMs: number, queueMs: number, targetMs: number, lagMs: number, sinceMs: number): number {
    if (this.#drains(nowMs, 2 * targetMs + lagMs)) return Math.max(LEAST, this.#carries * DRAIN_SHARE)
    const calm = this.#calmSinceMs !== undefined && nowMs - this.#calmSinceMs > CALM * lagMs
    const off = (targetMs - queueMs) / (2 * lagMs)
    const step = calm ? MOST_UP : Math.max(-MOST_DOWN, Math.min(MOST_UP, off))
    const kept = Math.max(LEAST, this.#best * KEPT_SHARE)
    const wanted = this.#carries * (1 + step)
    if (wanted < kept) this.#best *= 0.5 ** (sinceMs / KEPT_HALVES_MS)
    return Math.max(kept, wanted)
  }

  /** All lines begin at the same moments: one that ran slowly alone would still see the queue of the others. */
  #drains(nowMs: number, ms: number): boolean {
    const turn = Math.floor(nowMs / DRAIN_EVERY_MS)
    if (this.#turn !== undefined && turn !== this.#turn) this.#drainUntilMs = turn * DRAIN_EVERY_MS + ms
    this.#turn = turn
    return nowMs < this.#drainUntilMs
  }
}
