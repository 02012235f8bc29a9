import { ShoalError } from '../../protocol/index.ts'
import type { LinkLimiter } from '../limits/index.ts'
import type { Logger } from '../lifecycle/index.ts'
import type { PipelineDeps } from './types.ts'

/** A held release is looked at again this often: a new day, or neighbours that brought some of it. */
const LOOK_MS = 5_000

export interface BudgetDeps {
  readonly limits: Pick<LinkLimiter, 'excess' | 'pause'>
  readonly uplink: PipelineDeps['uplink']
  readonly log: Pick<Logger, 'info'>
}

export interface BudgetInit {
  readonly release: string
  /** Bytes that it would cost now. */
  readonly bytes: () => number
  readonly signal: AbortSignal
  /** Fetches from members of the own site what they have, until all is here or the signal aborts. */
  readonly fetchNear: (why: ShoalError, signal: AbortSignal) => Promise<void>
}

/**
 * Waits until the budgets of the uplink allow what a release costs (LIMIT-8): a new day, a person's consent, or neighbours that made it cost less. What
 * neighbours have is fetched meanwhile; it resolves as well when that was all.
 *
 * @returns whether it had to wait
 * @throws what `fetchNear` throws, CANCELLED
 */
export async function waitForBudget(deps: BudgetDeps, init: BudgetInit): Promise<boolean> {
  const { release, bytes, signal, fetchNear } = init
  const excess = (): ShoalError | undefined => deps.limits.excess(deps.uplink(), release, bytes())
  const why = excess()
  if (why === undefined) return false
  deps.log.info('release-held', { release, why: why.message })
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const allowed = async (): Promise<void> => {
    while (excess() !== undefined) await deps.limits.pause(LOOK_MS, until)
  }
  const ways = [fetchNear(why, until), allowed()]
  try {
    await Promise.race(ways)
  } finally {
    over.abort()
    // Whichever lost the race ends by being cancelled; the winner's own error was thrown above.
    await Promise.allSettled(ways)
  }
  if (signal.aborted) throw new ShoalError('CANCELLED', 'a newer release came; what is staged is kept')
  return true
}
