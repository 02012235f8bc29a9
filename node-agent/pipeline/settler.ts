import {
  type ChannelName,
  type ErrorCode,
  isShoalError,
  type Manifest,
  ShoalError,
  type StaleProcess,
} from '../../protocol/index.ts'
import type { Action, StalePolicy, TargetPolicy } from '../config/index.ts'
import { type ActionContext, checkHealth, ensureLocks, runActions, takeLocks, unitAction } from '../settle/index.ts'
import type { PipelineDeps } from './types.ts'

/** How often a commit that somebody holds off looks whether it may go on. */
const LOCK_POLL_MS = 2_000

export interface SettlerInit {
  readonly channel: ChannelName
  /** Absolute path of the live tree. */
  readonly root: string
  readonly home: string
  readonly policy: TargetPolicy
  /** Everything that this host's config lets run. */
  readonly actions: readonly Action[]
}

/** What this host does around a commit: locks, hooks, restarts, health. Only its own config.toml decides what may run. */
export class Settler {
  readonly #deps: Pick<PipelineDeps, 'clock' | 'log'>
  readonly #init: SettlerInit

  constructor(deps: Pick<PipelineDeps, 'clock' | 'log'>, init: SettlerInit) {
    this.#deps = deps
    this.#init = init
  }

  /** Something may run after a commit, so that a restart in between must run it again. */
  get hasWork(): boolean {
    const { afterCommit, health, accept, stale } = this.#init.policy
    return afterCommit.length + health.length + accept.length > 0 || stale !== 'report'
  }

  /**
   * Waits until nobody on this host holds a lock, and holds them all: whoever takes one now waits for the commit.
   * @returns what lets go of them. @throws CANCELLED
   */
  async holdLocks(signal: AbortSignal, onHeld: (why: ShoalError) => void): Promise<() => void> {
    ensureLocks(this.#init.home)
    for (;;) {
      const outcome = takeLocks(this.#init.home)
      if ('release' in outcome) return () => outcome.release()
      const who = outcome.held.map(
        ({ name, pid, command }) =>
          `${name} by ${pid === undefined ? 'an unknown process' : command === '' ? `process ${pid}, which has ended and left it to others` : `${command} (pid ${pid})`}`,
      )
      onHeld(
        new ShoalError(
          'COMMIT_LOCKED',
          `the commit waits for locks held on this host: ${who.join(', ')}; the live tree is untouched`,
        ),
      )
      await this.#deps.clock.sleep(LOCK_POLL_MS, { signal })
    }
  }

  #context(sequence: number, phase: string, signal: AbortSignal): ActionContext {
    const { channel, root } = this.#init
    const env = { SHOAL_CHANNEL: channel, SHOAL_SEQUENCE: String(sequence), SHOAL_ROOT: root, SHOAL_PHASE: phase }
    return { env, signal, log: this.#deps.log }
  }

  /** @throws HOOK_FAILED: the live tree is untouched */
  async before(sequence: number, signal: AbortSignal): Promise<void> {
    await runActions(
      this.#init.policy.beforeCommit,
      this.#init.actions,
      this.#context(sequence, 'before-commit', signal),
    )
  }

  /** Runs what follows a commit, all of it. @returns the first failure (HOOK_FAILED), undefined when there was none */
  async after(
    sequence: number,
    manifest: Manifest,
    stale: readonly StaleProcess[],
    signal: AbortSignal,
  ): Promise<ShoalError | undefined> {
    const { policy, actions } = this.#init
    const suggested = manifest.header.settings.suggest.filter((name) => policy.accept.includes(name))
    const context = this.#context(sequence, 'after-commit', signal)
    const units = unitsOf(stale, policy.stale)
    let failure: ShoalError | undefined
    for (const name of [...policy.afterCommit, ...suggested, ...units.map((unit) => unit.name)]) {
      const failed = await failureOf(runActions([name], [...actions, ...units], context), 'HOOK_FAILED')
      if (failed !== undefined) this.#deps.log.warn('hook-failed', { name, sequence, message: failed.message })
      failure ??= failed
    }
    return failure
  }

  /** @returns why the release is not healthy (HEALTH_FAILED), undefined when it is */
  health(sequence: number, signal: AbortSignal): Promise<ShoalError | undefined> {
    const context = this.#context(sequence, 'health', signal)
    return failureOf(checkHealth(this.#init.policy.health, this.#init.actions, context), 'HEALTH_FAILED')
  }
}

/** The failure of one kind as a value; any other error is thrown. */
async function failureOf(work: Promise<void>, code: ErrorCode): Promise<ShoalError | undefined> {
  try {
    await work
    return undefined
  } catch (err) {
    if (isShoalError(err, code)) return err
    throw err
  }
}

/** One action for every unit that runs on an older release. */
function unitsOf(stale: readonly StaleProcess[], policy: StalePolicy): readonly Action[] {
  if (policy === 'report') return []
  const units = new Set(stale.map((process) => process.unit).filter((unit) => unit.endsWith('.service')))
  return [...units].map((unit) => unitAction(policy, unit))
}
