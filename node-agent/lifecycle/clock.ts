import { ShoalError } from '../../protocol/errors/index.ts'
import type { Clock, SleepOptions } from './types.ts'

/** Longest delay that a timer takes; a longer sleep is made of several. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, options = {}) => {
    let left = ms
    do {
      await timer(Math.min(left, MAX_TIMER_MS), options)
      left -= MAX_TIMER_MS
    } while (left > 0)
  },
}

function timer(ms: number, { signal, unref }: SleepOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(handle)
      reject(new ShoalError('CANCELLED', 'cancelled'))
    }
    const handle = setTimeout(
      () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      },
      Math.max(0, ms),
    )
    if (unref === true) handle.unref()
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
