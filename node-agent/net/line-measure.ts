import { TALK_RATE } from '../traffic/index.ts'
import type { MeasuredRate } from './types.ts'

/** After so long without such a rate the next one measures the line anew. */
const ANEW_MS = 60_000

/** What a line carried when it was last busy: the highest rate of that time. Pure: times are passed in, in milliseconds of a clock that never goes back. */
export class LineMeasure {
  #fastest = 0
  #atMs: number | undefined

  /** @param rate of the recent past, bytes a second */
  see(rate: number, nowMs: number): void {
    if (rate < TALK_RATE) return
    const anew = this.#atMs === undefined || nowMs - this.#atMs > ANEW_MS
    this.#fastest = anew ? rate : Math.max(this.#fastest, rate)
    this.#atMs = nowMs
  }

  read(nowMs: number): MeasuredRate | undefined {
    return this.#atMs === undefined ? undefined : { rate: this.#fastest, ageMs: nowMs - this.#atMs }
  }
}
