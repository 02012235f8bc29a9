import { setImmediate } from 'node:timers/promises'
import { ShoalError } from '../../protocol/index.ts'

/** Longest that a scan keeps the process from anything else, milliseconds. */
const SLICE_MS = 10

/** Lets a long scan yield. */
export class Slices {
  readonly #signal: AbortSignal
  #since = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Cheap enough to ask for every file: whether `next` is to be called. */
  get due(): boolean {
    return this.#signal.aborted || performance.now() - this.#since >= SLICE_MS
  }

  /** @throws CANCELLED */
  async next(): Promise<void> {
    if (this.#signal.aborted) throw new ShoalError('CANCELLED', 'looking at processes was given up')
    if (!this.due) return
    await setImmediate()
    this.#since = performance.now()
  }
}
