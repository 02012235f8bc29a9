import { CONTROL_LIMITS } from '../../protocol/control/index.ts'
import type { Clock } from '../lifecycle/index.ts'

export interface FollowInit<T> {
  readonly clock: Clock
  /** Tells of changes; returns the unsubscribe function. */
  readonly onChange: (listener: () => void) => () => void
  readonly picture: (nowMs: number) => T | Promise<T>
  /** How long after a picture the next one may come, beyond `viewMinMs`: large ones are sent less often. */
  readonly restMs?: (picture: T) => number
  readonly signal: AbortSignal
}

/**
 * A picture at once, then one after changes, at most one in `viewMinMs`, and one in `viewIdleMs` when nothing changes. Ends only by its signal.
 * @throws CANCELLED, and what a picture throws
 */
export async function* follow<T>({
  clock,
  onChange,
  picture,
  restMs,
  signal,
}: FollowInit<T>): AsyncGenerator<T, null, undefined> {
  let woken = new AbortController()
  const unsubscribe = onChange(() => woken.abort())
  try {
    for (;;) {
      woken = new AbortController()
      const made = await picture(clock.now())
      yield made
      const leastMs = Math.max(CONTROL_LIMITS.viewMinMs, Math.min(restMs?.(made) ?? 0, CONTROL_LIMITS.viewIdleMs))
      await clock.sleep(leastMs, { signal })
      const rest = CONTROL_LIMITS.viewIdleMs - leastMs
      await clock.sleep(rest, { signal: AbortSignal.any([signal, woken.signal]) }).catch((err: unknown) => {
        if (signal.aborted) throw err
      })
    }
  } finally {
    unsubscribe()
  }
}
