import {
  type Digest,
  type RetainedReport,
  ShoalError,
  type StaleProcess,
  toWire,
  type TransferReport,
} from '../../protocol/index.ts'
import { loadStatRecord, proveManifest, saveStatRecord, StatCache, statRecordPath } from '../scan/index.ts'
import { findStale, scanProcesses } from '../settle/index.ts'
import {
  type CommittedRelease,
  forgetRejected,
  readCommitted,
  readRejected,
  type Rejected,
  writeCommitted,
  writeRejected,
} from '../store/index.ts'
import { applyRelease } from './apply.ts'
import { clearToCommit } from './clear-to-commit.ts'
import { localRules } from './local-rules.ts'
import { OfferedTrees } from './offered-trees.ts'
import { recover } from './recover.ts'
import { releaseBefore } from './release-before.ts'
import { remember } from './remember.ts'
import { tendRetained } from './retention.ts'
import { Settler } from './settler.ts'
import {
  addCounts,
  channelStatus,
  driftError,
  NOTHING_RECEIVED,
  outcomeOf,
  type Received,
  receivedOf,
  type StatusChange,
} from './status.ts'
import { TargetTree } from './target-tree.ts'
import { watchedByLast } from './watched.ts'
import type { Committed, PipelineDeps, PipelineInit, Wanted } from './types.ts'

/** What is done to one target, step by step; its pipeline decides when. Everything here is on disk before it counts. */
export class TargetWork {
  readonly #deps: PipelineDeps
  readonly #init: PipelineInit
  readonly #settler: Settler
  #cache = new StatCache()
  readonly #offered: OfferedTrees
  #open: TargetTree | undefined
  #committed: CommittedRelease | undefined
  #rejected: Rejected | undefined
  #proved = false
  #retained: RetainedReport = { releases: 0, bytes: 0, heldBytes: 0 }
  #stale: readonly StaleProcess[] = []
  #trouble: ShoalError | undefined

  constructor(deps: PipelineDeps, init: PipelineInit) {
    this.#deps = deps
    this.#init = init
    this.#offered = new OfferedTrees(deps, init.channel)
    const { channel, target, policy, actions, home } = init
    this.#settler = new Settler(deps, { channel, root: target.root, home, policy, actions })
  }

  /** Manifest of the release that is live. */
  get manifest(): Digest | undefined {
    return this.#committed?.manifest
  }

  /** Sequence of the release that is live; 0 for none. */
  get sequence(): number {
    return this.#committed?.sequence ?? 0
  }

  get committedAtMs(): number | undefined {
    return this.#committed?.commit.atMs
  }

  /** Sequence of the release that this host rolled back and does not try again. */
  get rejected(): number | undefined {
    return this.#rejected?.sequence
  }

  get needsSettling(): boolean {
    return this.#committed?.settled === false
  }

  /** The live tree has another form than the strategy wants. */
  get needsConversion(): boolean {
    return this.#committed !== undefined && this.#tree.needsConversion
  }

  get #statRecord(): string {
    return statRecordPath(this.#init.home, this.#init.target.root)
  }

  get #tree(): TargetTree {
    if (this.#open === undefined) throw new TypeError('the target is not open')
    return this.#open
  }

  /** Opens the target unless it is open and nothing is left to be finished. @throws as `prepare` */
  async ensureOpen(): Promise<void> {
    const { journal, switches } = this.#deps
    const { channel } = this.#init
    // A commit that could be neither finished nor undone is finished by recovery before anything else.
    if ((await journal.pending(channel)) !== undefined || (await switches.pending(channel)) !== undefined) this.close()
    if (this.#open === undefined) await this.prepare()
  }

  /** A release that was rolled back on this host may be tried again. */
  async forgive(): Promise<void> {
    this.#rejected = undefined
    await forgetRejected(this.#deps.store, this.#init.channel)
  }

  /**
   * Opens the live tree and finishes what a crash cut off.
   * @throws TARGET_ROOT_INVALID, TARGET_READ_ONLY, JOURNAL_CORRUPT, FILE_SYSTEM
   */
  async prepare(): Promise<void> {
    const { channel, target } = this.#init
    const { store, log, chunks, manifests } = this.#deps
    const tree = await TargetTree.open(target)
    try {
      this.#rejected = await readRejected(store, channel)
      this.#committed = await readCommitted(store, channel)
      if (this.#committed !== undefined && this.#committed.root !== target.root) this.#committed = undefined
      const known = this.#committed?.manifest
      this.#cache = await loadStatRecord(this.#statRecord, async (id) =>
        id === known ? manifests.load(id) : undefined,
      )
      const done = await recover(this.#deps, { channel, tree, cache: this.#cache, committed: this.#committed })
      if (done !== undefined) {
        const { sequence, manifest, commit } = done
        log.info('commit-recovered', { channel, sequence, operations: commit.operations })
        await this.#remember(tree, { sequence, manifest }, done, NOTHING_RECEIVED)
      }
      if (this.#committed !== undefined) await chunks.addWhole(this.#committed.manifest)
      await this.#offered.follow(tree)
      this.#open = tree
    } catch (err) {
      tree.close()
      throw err
    }
  }

  close(): void {
    this.#offered.withdraw()
    this.#open?.close()
    this.#open = undefined
  }

  /** Makes a release live. `before`: what its manifest cost. @throws what its stages throw: until the commit nothing visible has changed */
  async apply(wanted: Wanted, signal: AbortSignal, before = NOTHING_RECEIVED): Promise<void> {
    const { channel, policy } = this.#init
    const tree = this.#tree
    const { sequence, id, manifest, findPath, partners } = wanted
    let [received, progress] = [before, 0]
    let transfer: TransferReport | undefined
    const report = (change: StatusChange): void => this.report({ targetSequence: sequence, ...received, ...change })
    let release: (() => void) | undefined
    try {
      const previous =
        this.#committed === undefined ? undefined : await this.#deps.manifests.load(this.#committed.manifest)
      const applied = await applyRelease(this.#deps, {
        channel,
        tree,
        policy,
        cache: this.#cache,
        sequence,
        id,
        manifest,
        previous,
        findPath,
        partners,
        spending: wanted.spend?.((change) =>
          report({ progress, ...(transfer && { transfer: { ...transfer, bytesPerSecond: 0 } }), ...change }),
        ),
        signal,
        onState: (state, now, moving) => {
          progress = now
          transfer = moving
          report({ state, progress, ...(transfer && { transfer }) })
        },
        onCounts: (counts) => void (received = addCounts(before, counts)),
        beforeCommit: async (displaced) => {
          const atRisk = findStale(await scanProcesses({ signal }), { displaced })
          const held = (why: ShoalError): void => report({ state: 'held', progress: 1, atRisk, error: toWire(why) })
          release = await clearToCommit(wanted.turn, this.#settler, signal, held)
          this.#proved = false
          report({ state: 'committing', progress: 1, atRisk })
          await this.#settler.before(sequence, signal)
        },
      })
      const { reusedBytes } = applied
      await this.#remember(tree, { sequence, manifest: id }, applied, {
        ...received,
        received: { ...received.received, reusedBytes },
      })
      const { operations, windowMs } = applied.commit
      this.#deps.log.info('commit-done', { channel, sequence, operations, windowMs })
    } finally {
      release?.()
    }
  }

  /** The same release in the form that another strategy gives it. */
  async convert(signal: AbortSignal): Promise<void> {
    const { sequence = 0, manifest: id } = this.#committed ?? {}
    const manifest = id === undefined ? undefined : await this.#deps.manifests.load(id)
    if (id !== undefined && manifest !== undefined)
      await this.apply({ sequence, id, manifest }, signal, receivedOf(this.#committed))
  }

  /** Makes a committed release this target's own. */
  async #remember(
    tree: TargetTree,
    { sequence, manifest }: Pick<CommittedRelease, 'sequence' | 'manifest'>,
    committed: Committed,
    received: Received,
  ): Promise<void> {
    const { channel, target } = this.#init
    const previous = this.#committed
    const before = releaseBefore(previous, this.#rejected, manifest)
    const { commit } = committed
    const settled = !this.#settler.hasWork
    this.#committed = { sequence, manifest, root: target.root, commit, ...received, provedAtMs: 0, settled, before }
    await remember(this.#deps, { channel, tree, previous }, this.#committed, committed)
    await this.#offered.follow(tree)
  }

  /** Hooks, restarts, health. A release that is not healthy is rolled back to the one before, and not tried again. */
  async settle(signal: AbortSignal): Promise<void> {
    const committed = this.#committed
    if (committed === undefined) return
    const { store, manifests, log } = this.#deps
    const { channel } = this.#init
    const manifest = await manifests.load(committed.manifest)
    if (manifest === undefined) return
    this.report({ state: 'settling', progress: 1 })
    await this.tend(signal)
    this.#trouble = await this.#settler.after(committed.sequence, manifest, this.#stale, signal)
    const unhealthy = await this.#settler.health(committed.sequence, signal)
    if (unhealthy !== undefined) {
      log.warn('health-failed', { channel, sequence: committed.sequence, message: unhealthy.message })
      if (committed.before !== null) return this.#rollBack(committed, committed.before, unhealthy, signal)
      const message = `${unhealthy.message}; there is no earlier release on this host to go back to`
      this.#trouble = new ShoalError('HEALTH_FAILED', message)
    }
    this.#committed = { ...committed, settled: true }
    await writeCommitted(store, channel, this.#committed)
  }

  async #rollBack(
    { sequence: failed }: CommittedRelease,
    { sequence, manifest: id }: NonNullable<CommittedRelease['before']>,
    why: ShoalError,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, manifests } = this.#deps
    const { channel } = this.#init
    const manifest = await manifests.load(id)
    if (manifest === undefined) throw new ShoalError('STORE_CORRUPT', `the manifest of ${channel}@${sequence} is gone`)
    // Said first: a restart in between goes on from here and does not take the release up again.
    this.#rejected = { sequence: failed, message: why.message }
    await writeRejected(store, channel, this.#rejected)
    await this.apply({ sequence, id, manifest }, signal)
    await this.tend(signal)
    this.#trouble = await this.#settler.after(sequence, manifest, this.#stale, signal)
    if (this.#committed === undefined) return
    // Not asked for its health: there is nothing better to go back to.
    this.#committed = { ...this.#committed, settled: true, before: null }
    await writeCommitted(store, channel, this.#committed)
  }

  /** Computes the manifest id again from the observed tree, and reports what came of it. */
  async prove(signal: AbortSignal): Promise<void> {
    const { live } = this.#tree
    const { manifests, clock, store, log } = this.#deps
    const { channel, policy } = this.#init
    const committed = this.#committed
    const manifest = committed === undefined ? undefined : await manifests.load(committed.manifest)
    if (committed === undefined || manifest === undefined || live === undefined) {
      return this.report({ state: 'idle', progress: 0 })
    }
    const options = { signal, cache: this.#cache, now: () => clock.now() }
    const { proved, differences } = await proveManifest(live, manifest, committed.manifest, options)
    this.#proved = proved
    if (proved) {
      this.#committed = { ...committed, provedAtMs: clock.now() }
      await writeCommitted(store, channel, this.#committed)
      if (this.#cache.takeChanged()) await saveStatRecord(this.#statRecord, this.#cache, committed.manifest, manifest)
      return this.report({ ...outcomeOf(this.sequence, this.#rejected, this.#trouble), progress: 1 })
    }
    const { ours, error } = driftError(channel, committed.sequence, differences, localRules(policy))
    if (ours > 0) log.warn('tree-drifted', { channel, paths: ours })
    this.report({ state: ours > 0 ? 'drifted' : 'settled', progress: 1, error })
  }

  /** Deletes what nobody needs any more and looks for processes on older releases. @returns milliseconds until something retained may be deleted */
  async tend(signal: AbortSignal): Promise<number | undefined> {
    const { channel, policy } = this.#init
    const tree = this.#tree
    const settled = this.#committed?.settled ?? true
    const watched = await watchedByLast(this.#deps.manifests, this.#committed)
    const init = { channel, tree, policy, settled, watched, signal }
    const { report, staleProcesses, againMs } = await tendRetained(this.#deps, init)
    const before = JSON.stringify([this.#retained, this.#stale])
    this.#retained = report
    this.#stale = staleProcesses
    if (this.#proved && settled && before !== JSON.stringify([report, staleProcesses])) {
      this.report({ ...outcomeOf(this.sequence, this.#rejected, this.#trouble), progress: 1 })
    }
    return againMs
  }

  /** Tells the mesh, as this host's status. */
  report(change: StatusChange): void {
    const { channel } = this.#init
    const parts = { channel, committed: this.#committed, proved: this.#proved }
    this.#deps.report(channelStatus({ ...parts, retained: this.#retained, staleProcesses: this.#stale }, change))
  }
}
