import { ShoalError, type Steps } from '../../protocol/index.ts'

/** Synchronous work runs in slices of about this long, so that the network and the control socket stay alive. */
const SLICE_MS = 10

/** Yields to the event loop in the middle of long synchronous work, and carries its cancellation and progress. */
export class Pacer {
  readonly #signal: AbortSignal
  readonly #onBytes: (bytes: number) => void
  #sliceStart = performance.now()

  constructor(signal: AbortSignal, onBytes: (bytes: number) => void = () => undefined) {
    this.#signal = signal
    this.#onBytes = onBytes
  }

  /** Counts work done. @throws CANCELLED */
  async did(bytes: number): Promise<void> {
    this.#onBytes(bytes)
    if (this.#signal.aborted) throw new ShoalError('CANCELLED', 'cancelled; nothing was changed')
    if (performance.now() - this.#sliceStart < SLICE_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    this.#sliceStart = performance.now()
  }

  /** Runs steps with pauses in between. @throws CANCELLED, and what they throw */
  async steps<T>(steps: Steps<T>): Promise<T> {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      await this.did(0)
    }
  }
}
