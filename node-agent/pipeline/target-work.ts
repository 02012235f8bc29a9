import { type Digest, ShoalError, toWire, type TransferReport } from '../../protocol/index.ts'
import { loadStatRecord, proveManifest, saveStatRecord, StatCache, statRecordPath } from '../scan/index.ts'
import { findStale, scanProcesses } from '../settle/index.ts'
import type { CommittedRelease } from '../store/index.ts'
import { applyRelease } from './apply.ts'
import { clearToCommit } from './clear-to-commit.ts'
import { localRules } from './local-rules.ts'
import { OfferedTrees } from './offered-trees.ts'
import { recover } from './recover.ts'
import { releaseBefore } from './release-before.ts'
import { remember } from './remember.ts'
import { tendRetained } from './retention.ts'
import { Settler } from './settler.ts'
import { addCounts, driftError, NOTHING_RECEIVED, type Received, receivedOf, type StatusChange } from './status.ts'
import { TargetState } from './target-state.ts'
import { TargetTree } from './target-tree.ts'
import { watchedByLast } from './watched.ts'
import type { Committed, PipelineDeps, PipelineInit, Wanted } from './types.ts'

/** What is done to one target, step by step; its pipeline decides when. Everything here is on disk before it counts. */
export class TargetWork {
  readonly #deps: PipelineDeps
  readonly #init: PipelineInit
  readonly #state: TargetState
  readonly #settler: Settler
  #cache = new StatCache()
  readonly #offered: OfferedTrees
  #open: TargetTree | undefined

  constructor(deps: PipelineDeps, init: PipelineInit) {
    this.#deps = deps
    this.#init = init
    this.#state = new TargetState(deps, init)
    this.#offered = new OfferedTrees(deps, init.channel)
    const { channel, target, policy, actions, home } = init
    this.#settler = new Settler(deps, { channel, root: target.root, home, policy, actions })
  }

  /** Manifest of the release that is live. */
  get manifest(): Digest | undefined {
    return this.#state.committed?.manifest
  }

  /** Sequence of the release that is live; 0 for none. */
  get sequence(): number {
    return this.#state.sequence
  }

  get committedAtMs(): number | undefined {
    return this.#state.committed?.commit.atMs
  }

  /** Sequence of the release that this host rolled back and does not try again. */
  get rejected(): number | undefined {
    return this.#state.rejected?.sequence
  }

  get needsSettling(): boolean {
    return this.#state.committed?.settled === false
  }

  /** The live tree has another form than the strategy wants. */
  get needsConversion(): boolean {
    return this.#state.committed !== undefined && this.#tree.needsConversion
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
    await this.#state.forgive()
  }

  /**
   * Opens the live tree and finishes what a crash cut off.
   * @throws TARGET_ROOT_INVALID, TARGET_READ_ONLY, JOURNAL_CORRUPT, FILE_SYSTEM
   */
  async prepare(): Promise<void> {
    const { channel, target } = this.#init
    const { log, chunks, manifests } = this.#deps
    const tree = await TargetTree.open(target)
    try {
      await this.#state.load()
      const known = this.#state.committed?.manifest
      this.#cache = await loadStatRecord(this.#statRecord, async (id) =>
        id === known ? manifests.load(id) : undefined,
      )
      const done = await recover(this.#deps, { channel, tree, cache: this.#cache, committed: this.#state.committed })
      if (done !== undefined) {
        const { sequence, manifest, commit } = done
        log.info('commit-recovered', { channel, sequence, operations: commit.operations })
        await this.#remember(tree, { sequence, manifest }, done, NOTHING_RECEIVED)
      }
      if (this.#state.committed !== undefined) await chunks.addWhole(this.#state.committed.manifest)
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
      const { committed } = this.#state
      const previous = committed === undefined ? undefined : await this.#deps.manifests.load(committed.manifest)
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
          this.#state.proved = false
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
    const { sequence = 0, manifest: id } = this.#state.committed ?? {}
    const manifest = id === undefined ? undefined : await this.#deps.manifests.load(id)
    if (id !== undefined && manifest !== undefined)
      await this.apply({ sequence, id, manifest }, signal, receivedOf(this.#state.committed))
  }

  /** Makes a committed release this target's own. */
  async #remember(
    tree: TargetTree,
    { sequence, manifest }: Pick<CommittedRelease, 'sequence' | 'manifest'>,
    committed: Committed,
    received: Received,
  ): Promise<void> {
    const { channel, target } = this.#init
    const { committed: previous, rejected } = this.#state
    const before = releaseBefore(previous, rejected, manifest)
    const { commit } = committed
    const settled = !this.#settler.hasWork
    const release = { sequence, manifest, root: target.root, commit, ...received, provedAtMs: 0, settled, before }
    await this.#state.commit(release, () => remember(this.#deps, { channel, tree, previous }, release, committed))
    await this.#offered.follow(tree)
  }

  /** Hooks, restarts, health. A release that is not healthy is rolled back to the one before, and not tried again. */
  async settle(signal: AbortSignal): Promise<void> {
    const { committed } = this.#state
    if (committed === undefined) return
    const { manifests, log } = this.#deps
    const { channel } = this.#init
    const manifest = await manifests.load(committed.manifest)
    if (manifest === undefined) return
    this.report({ state: 'settling', progress: 1 })
    await this.tend(signal)
    this.#state.trouble = await this.#settler.after(committed.sequence, manifest, this.#state.stale, signal)
    const unhealthy = await this.#settler.health(committed.sequence, signal)
    if (unhealthy !== undefined) {
      log.warn('health-failed', { channel, sequence: committed.sequence, message: unhealthy.message })
      if (committed.before !== null) return this.#rollBack(committed, committed.before, unhealthy, signal)
      const message = `${unhealthy.message}; there is no earlier release on this host to go back to`
      this.#state.trouble = new ShoalError('HEALTH_FAILED', message)
    }
    await this.#state.commit({ ...committed, settled: true })
  }

  async #rollBack(
    { sequence: failed }: CommittedRelease,
    { sequence, manifest: id }: NonNullable<CommittedRelease['before']>,
    why: ShoalError,
    signal: AbortSignal,
  ): Promise<void> {
    const { channel } = this.#init
    const manifest = await this.#deps.manifests.load(id)
    if (manifest === undefined) throw new ShoalError('STORE_CORRUPT', `the manifest of ${channel}@${sequence} is gone`)
    // Said first: a restart in between goes on from here and does not take the release up again.
    await this.#state.reject({ sequence: failed, message: why.message })
    await this.apply({ sequence, id, manifest }, signal)
    await this.tend(signal)
    this.#state.trouble = await this.#settler.after(sequence, manifest, this.#state.stale, signal)
    const { committed } = this.#state
    // Not asked for its health: there is nothing better to go back to.
    if (committed !== undefined) await this.#state.commit({ ...committed, settled: true, before: null })
  }

  /** Computes the manifest id again from the observed tree, and reports what came of it. */
  async prove(signal: AbortSignal): Promise<void> {
    const { live } = this.#tree
    const { manifests, clock, log } = this.#deps
    const { channel, policy } = this.#init
    const { committed } = this.#state
    const manifest = committed === undefined ? undefined : await manifests.load(committed.manifest)
    if (committed === undefined || manifest === undefined || live === undefined) {
      return this.report({ state: 'idle', progress: 0 })
    }
    const options = { signal, cache: this.#cache, now: () => clock.now() }
    const { proved, differences } = await proveManifest(live, manifest, committed.manifest, options)
    this.#state.proved = proved
    if (proved) {
      await this.#state.commit({ ...committed, provedAtMs: clock.now() })
      if (this.#cache.takeChanged()) await saveStatRecord(this.#statRecord, this.#cache, committed.manifest, manifest)
      return this.#state.reportOutcome()
    }
    const { ours, error } = driftError(channel, committed.sequence, differences, localRules(policy))
    if (ours > 0) log.warn('tree-drifted', { channel, paths: ours })
    this.report({ state: ours > 0 ? 'drifted' : 'settled', progress: 1, error })
  }

  /** Deletes what nobody needs any more and looks for processes on older releases. @returns milliseconds until something retained may be deleted */
  async tend(signal: AbortSignal): Promise<number | undefined> {
    const { channel, policy } = this.#init
    const tree = this.#tree
    const settled = this.#state.committed?.settled ?? true
    const watched = await watchedByLast(this.#deps.manifests, this.#state.committed)
    const init = { channel, tree, policy, settled, watched, signal }
    const { report, staleProcesses, againMs } = await tendRetained(this.#deps, init)
    const before = JSON.stringify([this.#state.retained, this.#state.stale])
    this.#state.retained = report
    this.#state.stale = staleProcesses
    if (this.#state.proved && settled && before !== JSON.stringify([report, staleProcesses]))
      this.#state.reportOutcome()
    return againMs
  }

  /** Tells the mesh, as this host's status. */
  report(change: StatusChange): void {
    this.#state.report(change)
  }
}
