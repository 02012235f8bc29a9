import type { RetainedReport, ShoalError, StaleProcess } from '../../protocol/index.ts'
import {
  type CommittedRelease,
  forgetRejected,
  readCommitted,
  readRejected,
  type Rejected,
  writeCommitted,
  writeRejected,
} from '../store/index.ts'
import { channelStatus, outcomeOf, type StatusChange } from './status.ts'
import type { PipelineDeps, PipelineInit } from './types.ts'

/** What is known of one target: its release, and what is said of it. */
export class TargetState {
  readonly #deps: Pick<PipelineDeps, 'store' | 'report'>
  readonly #init: Pick<PipelineInit, 'channel' | 'target'>
  #committed: CommittedRelease | undefined
  #rejected: Rejected | undefined
  /** The live tree was seen to be its release. */
  proved = false
  /** What went wrong after its commit. */
  trouble: ShoalError | undefined
  retained: RetainedReport = { releases: 0, bytes: 0, heldBytes: 0 }
  stale: readonly StaleProcess[] = []

  constructor(deps: Pick<PipelineDeps, 'store' | 'report'>, init: Pick<PipelineInit, 'channel' | 'target'>) {
    this.#deps = deps
    this.#init = init
  }

  /** The release that is live. */
  get committed(): CommittedRelease | undefined {
    return this.#committed
  }

  /** The release that this host rolled back and does not try again. */
  get rejected(): Rejected | undefined {
    return this.#rejected
  }

  /** Sequence of the release that is live; 0 for none. */
  get sequence(): number {
    return this.#committed?.sequence ?? 0
  }

  /** Reads what was kept; what is of another root is of no use. */
  async load(): Promise<void> {
    const { channel, target } = this.#init
    this.#rejected = await readRejected(this.#deps.store, channel)
    const committed = await readCommitted(this.#deps.store, channel)
    this.#committed = committed?.root === target.root ? committed : undefined
  }

  /** @param write keeps it; else that is done with it */
  async commit(
    committed: CommittedRelease,
    write = (): Promise<void> => writeCommitted(this.#deps.store, this.#init.channel, committed),
  ): Promise<void> {
    this.#committed = committed
    await write()
  }

  async reject(rejected: Rejected): Promise<void> {
    this.#rejected = rejected
    await writeRejected(this.#deps.store, this.#init.channel, rejected)
  }

  /** A release that was rolled back on this host may be tried again. */
  async forgive(): Promise<void> {
    this.#rejected = undefined
    await forgetRejected(this.#deps.store, this.#init.channel)
  }

  /** Tells the mesh, as this host's status. */
  report(change: StatusChange): void {
    const { channel } = this.#init
    const parts = { channel, committed: this.#committed, proved: this.proved }
    this.#deps.report(channelStatus({ ...parts, retained: this.retained, staleProcesses: this.stale }, change))
  }

  /** Tells how a proved tree came to be what it is. */
  reportOutcome(): void {
    this.report({ ...outcomeOf(this.sequence, this.#rejected, this.trouble), progress: 1 })
  }
}
