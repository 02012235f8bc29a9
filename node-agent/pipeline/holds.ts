import { isShoalError, ShoalError, toWire } from '../../protocol/index.ts'
import type { Spending } from '../fetch/types.ts'
import type { StatusChange } from './status.ts'

/** What a held release is reported as, and one that goes on. */
export type HoldChange = Pick<StatusChange, 'state' | 'error'>

/** Follows what limits hold up of one target, so that a person can consent to just that. */
export class Holds {
  #overBudget: string | undefined

  /** What the bytes of a release are spent on. @param tell reports its state */
  spending(release: string, tell: (change: HoldChange) => void): Spending {
    return {
      release,
      onHeld: (why) => {
        this.#overBudget = isShoalError(why, 'BUDGET_EXCEEDED') ? release : undefined
        tell(why === undefined ? { state: 'fetching' } : { state: 'held', error: toWire(why) })
      },
    }
  }

  /** The release that a budget holds now. @throws NOT_HELD */
  require(): string {
    if (this.#overBudget === undefined) {
      throw new ShoalError('NOT_HELD', 'no budget holds a release of this target now; nothing was changed')
    }
    return this.#overBudget
  }
}
