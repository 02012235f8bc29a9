/** The recent past: long enough that a chunk every few seconds makes a steady rate, short enough to follow the link. */
export const RECENT_MS = 30_000
/** What comes more slowly is talk between agents, and says nothing of a line; bytes a second. */
export const TALK_RATE = 4096
/** A burst is spread over at least this long. */
const LEAST_MS = 3_000
const SLOT_MS = 1_000

/** Bytes a second over the recent past. Pure: times are passed in, in milliseconds of a clock that never goes back. */
export class RateMeter {
  /** A second each, oldest first, seconds without bytes left out. */
  readonly #slots: { readonly atMs: number; bytes: number }[] = []
  #bytes = 0

  add(bytes: number, nowMs: number): void {
    if (bytes <= 0) return
    this.#bytes += bytes
    const last = this.#slots.at(-1)
    if (last !== undefined && nowMs - last.atMs < SLOT_MS) last.bytes += bytes
    else this.#slots.push({ atMs: nowMs, bytes })
    this.#forget(nowMs)
  }

  /** Whole bytes a second since the first byte of the last 30 seconds; 0 when there was none. */
  rate(nowMs: number): number {
    this.#forget(nowMs)
    const [oldest] = this.#slots
    if (oldest === undefined) return 0
    return Math.round((this.#bytes / Math.max(LEAST_MS, nowMs - oldest.atMs)) * 1000)
  }

  #forget(nowMs: number): void {
    while (nowMs - (this.#slots[0]?.atMs ?? nowMs) > RECENT_MS) this.#bytes -= this.#slots.shift()?.bytes ?? 0
  }
}
