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

/** After a picture it rests for so many times as long as that took to make: looking on costs an agent at most a fifth of a core, however much changes. */
const REST = 4

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
  let news = false
  const unsubscribe = onChange(() => {
    // Once: to abort makes an error each time, and hosts speak by the thousand.
    if (news) return
    news = true
    woken.abort()
  })
  try {
    for (;;) {
      woken = new AbortController()
      news = false
      const begunMs = clock.monotonic()
      const made = await picture(clock.now())
      const wantedMs = Math.max(REST * (clock.monotonic() - begunMs), restMs?.(made) ?? 0)
      yield made
      const leastMs = Math.max(CONTROL_LIMITS.viewMinMs, Math.min(wantedMs, CONTROL_LIMITS.viewIdleMs))
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
