import { type Clock, systemClock } from '../../node-agent/lifecycle/index.ts'

/** Time that is wound while the past of the mesh is made up, and goes by itself from then on. */
export class SimulatedClock implements Clock {
  #pastMs: number | undefined

  constructor(pastMs: number) {
    this.#pastMs = pastMs
  }

  now(): number {
    return this.#pastMs ?? systemClock.now()
  }

  /** Goes forward to a moment of the past. */
  wind(toMs: number): void {
    this.#pastMs = toMs
  }

  /** From now on it is the machine's time. */
  release(): void {
    this.#pastMs = undefined
  }

  monotonic(): number {
    return systemClock.monotonic()
  }

  sleep(ms: number, options?: Parameters<Clock['sleep']>[1]): Promise<void> {
    return systemClock.sleep(ms, options)
  }
}
