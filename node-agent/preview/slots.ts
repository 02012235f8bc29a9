import { ShoalError } from '../../protocol/index.ts'

/** Lets so many in at a time; the others wait in order. */
export class Slots {
  readonly #waiting: PromiseWithResolvers<void>[] = []
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with what lets the next one in. @throws CANCELLED */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else await this.#turn(signal)
    return () => {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next.resolve()
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>()
    const leave = (): void => {
      const at = this.#waiting.indexOf(turn)
      if (at >= 0) this.#waiting.splice(at, 1)
      turn.reject(new ShoalError('CANCELLED', 'cancelled; nothing was changed'))
    }
    if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled; nothing was changed')
    this.#waiting.push(turn)
    signal.addEventListener('abort', leave, { once: true })
    try {
      await turn.promise
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }
}
