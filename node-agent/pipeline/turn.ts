import { isShoalError, type PeerKey, type RecordOf, ShoalError } from '../../protocol/index.ts'
import type { Hold } from '../../protocol/rollout/index.ts'
import type { Clock } from '../lifecycle/index.ts'
import type { Rollouts } from '../rollout/index.ts'

/** A host that waits for its turn looks this often at what has come. */
const LOOK_MS = 1_000
/** So long what is staged is kept at hand, and served to others, before the host turns to its other work. */
const PATIENCE_MS = 10 * 60_000

export interface TurnDeps {
  readonly rollouts: Pick<Rollouts, 'hold'>
  readonly self: PeerKey
  readonly clock: Clock
}

const HOLDS = ['WAVE_NOT_OPEN', 'ROLLOUT_PAUSED', 'WAVE_INVALID'] as const

/** The rollout says that it is not this host's turn. */
export const isHeldByRollout = (err: unknown): err is ShoalError => HOLDS.some((code) => isShoalError(err, code))

export const holdError = ({ code, message }: Hold): ShoalError => new ShoalError(code, message)

/** Whether a release may be committed on this host now, as its rollout goes. */
export class Turn {
  readonly #deps: TurnDeps
  readonly #head: RecordOf<'head'>

  constructor(deps: TurnDeps, head: RecordOf<'head'>) {
    this.#deps = deps
    this.#head = head
  }

  /** What holds the release now; undefined when it may go. */
  hold(): Promise<Hold | undefined> {
    return this.#deps.rollouts.hold(this.#head, this.#deps.self)
  }

  /**
   * Waits until it may go. `onHeld` is told of every reason once.
   * @throws the reason, after ten minutes; CANCELLED
   */
  async come(signal: AbortSignal, onHeld: (why: ShoalError) => void): Promise<void> {
    const until = this.#deps.clock.monotonic() + PATIENCE_MS
    for (let hold = await this.hold(); hold !== undefined; hold = await this.#moved(hold, until, signal)) {
      onHeld(holdError(hold))
      if (this.#deps.clock.monotonic() >= until) throw holdError(hold)
    }
  }

  /** Waits until what holds the release has changed, or the time is over. */
  async pause(hold: Hold, ms: number, signal: AbortSignal): Promise<void> {
    await this.#moved(hold, this.#deps.clock.monotonic() + ms, signal)
  }

  async #moved(before: Hold, untilMs: number, signal: AbortSignal): Promise<Hold | undefined> {
    for (;;) {
      const left = untilMs - this.#deps.clock.monotonic()
      if (left <= 0) return before
      await this.#deps.clock.sleep(Math.min(LOOK_MS, left), { signal })
      const now = await this.hold()
      if (now?.message !== before.message) return now
    }
  }
}
