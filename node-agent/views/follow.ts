import { CONTROL_LIMITS } from '../../protocol/control/index.ts'
import type { Clock } from '../lifecycle/index.ts'

export interface FollowInit<T> {
  readonly clock: Clock
  /** Tells of changes; returns the unsubscribe function. */
  readonly onChange: (listener: () => void) => () => void
  readonly picture: (nowMs: number) => T | Promise<T>
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
  signal,
}: FollowInit<T>): AsyncGenerator<T, null, undefined> {
  let woken = new AbortController()
  const unsubscribe = onChange(() => woken.abort())
  try {
    for (;;) {
      woken = new AbortController()
      yield await picture(clock.now())
      await clock.sleep(CONTROL_LIMITS.viewMinMs, { signal })
      const rest = CONTROL_LIMITS.viewIdleMs - CONTROL_LIMITS.viewMinMs
      await clock.sleep(rest, { signal: AbortSignal.any([signal, woken.signal]) }).catch((err: unknown) => {
        if (signal.aborted) throw err
      })
    }
  } finally {
    unsubscribe()
  }
}
