import type { EventQueue } from './event-queue.ts'

/** One direction of a line: what enters it leaves in that order, at its rate. */
export class Line {
  readonly #bytesPerMs: number
  #freeAtMs = 0
  /** Bytes that entered it so far. */
  bytes = 0

  /** @param bytesPerSecond Infinity for a line that is never in the way */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  /** Takes bytes that begin to arrive at one moment and have all arrived at another. @returns the same moments at its other end */
  pass(bytes: number, beginMs: number, endMs: number): readonly [beginMs: number, endMs: number] {
    const begin = Math.max(beginMs, this.#freeAtMs)
    const end = Math.max(endMs, begin + bytes / this.#bytesPerMs)
    this.#freeAtMs = end
    this.bytes += bytes
    return [begin, end]
  }
}

/** Lines from one host to another, and how long a bit takes from end to end beside them. */
export interface Route {
  readonly lines: readonly Line[]
  readonly delayMs: number
}

/** Sends bytes along a route; `arrived` is called when the last has come. They enter each line when the first of them gets there, and wait for nothing behind them. */
export function send(events: EventQueue, { lines, delayMs }: Route, bytes: number, arrived: () => void): void {
  const enter = (at: number, endMs: number): void => {
    const line = lines[at]
    if (line === undefined) return events.after(endMs + delayMs - events.nowMs, arrived)
    const [begin, end] = line.pass(bytes, events.nowMs, endMs)
    events.after(begin - events.nowMs, () => enter(at + 1, end))
  }
  enter(0, events.nowMs)
}
