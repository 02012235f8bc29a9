import { ShoalError } from '../../protocol/index.ts'
import type { SleepOptions } from '../../node-agent/lifecycle/index.ts'

interface Sleeper {
  readonly dueMs: number
  wake(): void
}

/** A clock that stands still until a test winds it. */
export class ManualClock {
  #now: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(startMs = 1_800_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number, options: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancelled = (): void => {
        this.#sleepers.delete(sleeper)
        reject(new ShoalError('CANCELLED', 'woken early'))
      }
      const sleeper = {
        dueMs: this.#now + ms,
        wake: () => {
          options.signal?.removeEventListener('abort', cancelled)
          this.#sleepers.delete(sleeper)
          resolve()
        },
      }
      if (options.signal?.aborted === true) return cancelled()
      options.signal?.addEventListener('abort', cancelled, { once: true })
      this.#sleepers.add(sleeper)
    })
  }

  /** Moves time on and lets everything run that became due, in order. */
  async wind(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const due = [...this.#sleepers].filter((s) => s.dueMs <= end).toSorted((a, b) => a.dueMs - b.dueMs)[0]
      if (due === undefined) break
      this.#now = Math.max(this.#now, due.dueMs)
      due.wake()
      await settle()
    }
    this.#now = end
  }
}

/** Lets pending promises run, signing on WebCrypto's own threads included. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
