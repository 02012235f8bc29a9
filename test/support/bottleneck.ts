import type { LinePace } from '../../node-agent/plan/index.ts'

export interface BottleneckInit {
  /** Bytes a second. */
  readonly rate: number
  /** Round trip without a queue. */
  readonly roundTripMs: number
  readonly queueBytes: number
  /** Share of the segments that is lost on the way. */
  readonly loss?: number
  readonly rng: () => number
}

const SEGMENT = 1448
/** How often the kernel is asked. */
const POLL_MS = 100
const FIRST_WINDOW = 10

/** A segment on its way: until `atMs` in the line, then as an acknowledgement on the way back. */
interface Segment {
  readonly flow: Flow
  readonly sentMs: number
  readonly lost: boolean
}

/** One TCP connection that always has something to send: slow start, then half the window on each round trip with a loss; `deaf` to loss, as BBR is. */
export class Flow {
  readonly pace: LinePace | undefined
  readonly deaf: boolean
  delivered = 0
  rttMs = 0
  minRttMs = Number.POSITIVE_INFINITY
  window = FIRST_WINDOW
  threshold = Number.POSITIVE_INFINITY
  inFlight = 0
  credit = 0
  cutUntilMs = 0
  busy = true

  constructor(pace: LinePace | undefined, deaf = false) {
    this.pace = pace
    this.deaf = deaf
  }
}

/** A line with a drop-tail queue that flows share, in steps of a millisecond. */
export class Bottleneck {
  rate: number
  roundTripMs: number
  readonly flows: Flow[] = []
  readonly #init: BottleneckInit
  readonly #queue: Segment[] = []
  #credit = 0
  #returning: { readonly atMs: number; readonly segment: Segment }[] = []
  nowMs = 0

  constructor(init: BottleneckInit) {
    this.#init = init
    this.rate = init.rate
    this.roundTripMs = init.roundTripMs
  }

  /** Delay that the queue causes, in ms. */
  get queueMs(): number {
    return (this.#queue.length * SEGMENT * 1000) / this.rate
  }

  /** @returns mean and largest queueing delay in ms, and bytes a second that each flow delivered */
  run(ms: number): { readonly meanMs: number; readonly worstMs: number; readonly rates: readonly number[] } {
    const before = this.flows.map(({ delivered }) => delivered)
    let [sum, worstMs] = [0, 0]
    for (let n = 0; n < ms; n++) {
      this.#step()
      sum += this.queueMs
      worstMs = Math.max(worstMs, this.queueMs)
    }
    const rates = this.flows.map(({ delivered }, i) => ((delivered - (before[i] ?? 0)) / ms) * 1000)
    return { meanMs: sum / ms, worstMs, rates }
  }

  #step(): void {
    const nowMs = ++this.nowMs
    for (const flow of this.flows) this.#send(flow, nowMs)
    this.#credit = Math.min(
      this.#credit + this.rate / 1000,
      this.#queue.length === 0 ? SEGMENT : Number.POSITIVE_INFINITY,
    )
    while (this.#credit >= SEGMENT) {
      const segment = this.#queue.shift()
      if (segment === undefined) break
      this.#credit -= SEGMENT
      this.#returning.push({ atMs: nowMs + this.roundTripMs, segment })
    }
    const due = this.#returning.filter(({ atMs }) => atMs <= nowMs)
    if (due.length > 0) this.#returning = this.#returning.filter(({ atMs }) => atMs > nowMs)
    for (const { segment } of due) this.#returned(segment, nowMs)
    if (nowMs % POLL_MS === 0) for (const flow of this.flows) this.#poll(flow, nowMs)
  }

  #send(flow: Flow, nowMs: number): void {
    const rate = flow.pace?.rate ?? Number.POSITIVE_INFINITY
    flow.credit = Math.min(flow.credit + rate / 1000, 2 * SEGMENT)
    while (flow.busy && flow.inFlight < flow.window && flow.credit >= SEGMENT) {
      flow.credit -= SEGMENT
      flow.inFlight++
      const full = (this.#queue.length + 1) * SEGMENT > this.#init.queueBytes
      const lost = full || this.#init.rng() < (this.#init.loss ?? 0)
      const segment = { flow, sentMs: nowMs, lost }
      if (full) this.#returning.push({ atMs: nowMs + this.roundTripMs + this.queueMs, segment })
      else this.#queue.push(segment)
    }
  }

  #returned({ flow, sentMs, lost }: Segment, nowMs: number): void {
    flow.inFlight--
    if (lost) {
      if (nowMs < flow.cutUntilMs || flow.deaf) return
      flow.cutUntilMs = nowMs + flow.rttMs
      flow.threshold = Math.max(2, flow.window / 2)
      flow.window = flow.threshold
      return
    }
    flow.delivered += SEGMENT
    const tookMs = nowMs - sentMs
    flow.rttMs = flow.rttMs === 0 ? tookMs : flow.rttMs + (tookMs - flow.rttMs) / 8
    flow.minRttMs = Math.min(flow.minRttMs, tookMs)
    // A window that is not used does not grow.
    if (flow.inFlight + 2 < flow.window) return
    flow.window += flow.window < flow.threshold ? 1 : 1 / flow.window
  }

  #poll({ pace, rttMs, minRttMs, delivered, busy }: Flow, nowMs: number): void {
    if (rttMs > 0) pace?.take({ nowMs, rttMs, minRttMs, delivered, segmentBytes: SEGMENT, busy })
  }
}
