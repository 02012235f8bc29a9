import { lstat, mkdir } from 'node:fs/promises'
import {
  type ChannelStatus,
  type Digest,
  isShoalError,
  type Manifest,
  type ReceivedBytes,
  type RecordOf,
  ShoalError,
  toWire,
} from '../../protocol/index.ts'
import { reap, rollForward } from '../commit/index.ts'
import type { FetchCounts } from '../fetch/types.ts'
import { openTreeRoot, type TreeRoot } from '../fs/index.ts'
import { proveManifest, StatCache } from '../scan/index.ts'
import { type CommittedRelease, readCommitted, writeCommitted } from '../store/index.ts'
import { applyRelease } from './apply.ts'
import { obtainManifest } from './fetch-manifest.ts'
import type { PipelineDeps, PipelineInit } from './types.ts'

/** A release that failed is tried again after this long, doubling to the longest; jitter keeps a site from failing in step. */
const RETRY_FIRST_MS = 1_000
const RETRY_LONGEST_MS = 300_000
/** How often a settled tree is compared with its manifest again: only stats are read of what did not change. */
const PROVE_EVERY_MS = 300_000

const NOTHING: ReceivedBytes = { wireBytes: 0, sameSiteBytes: 0, otherSiteBytes: 0, wastedBytes: 0, reusedBytes: 0 }

/**
 * Keeps one target at its channel's head: plan, fetch, stage, commit, settle, report; one release at a time, the newest first.
 * What is trusted is decided elsewhere: the record book only ever shows heads that are.
 */
export class TargetPipeline {
  readonly #deps: PipelineDeps
  readonly #init: PipelineInit
  readonly #cache = new StatCache()
  #root: TreeRoot | undefined
  #committed: CommittedRelease | undefined
  #proved = false
  #failures = 0
  #woken = new AbortController()
  #working: { readonly head: RecordOf<'head'>; readonly abort: AbortController } | undefined

  constructor(deps: PipelineDeps, init: PipelineInit) {
    this.#deps = deps
    this.#init = init
  }

  /**
   * Opens the live tree and finishes what a crash cut off. Called before any peer can reach this host; when it fails (a disk that is not
   * mounted), `run` tries again.
   */
  async prepare(): Promise<void> {
    const { channel, target } = this.#init
    const { store, journal, manifests, clock, log } = this.#deps
    await createRoot(target.root)
    const root = openTreeRoot(target.root)
    try {
      this.#committed = await readCommitted(store, channel)
      if (this.#committed !== undefined && this.#committed.root !== target.root) this.#committed = undefined
      const intent = await journal.pending(channel)
      if (intent !== undefined && intent.root === root.path) {
        const id = intent.manifest as Digest
        const manifest = await manifests.load(id)
        if (manifest === undefined)
          throw new ShoalError(
            'JOURNAL_CORRUPT',
            `the manifest of the commit to finish is gone; ${target.root} was left as it is`,
          )
        const commit = await rollForward({ root, journal, now: () => clock.now() }, intent, manifest)
        log.info('commit-recovered', { channel, sequence: intent.sequence, operations: commit.operations })
        await this.#remember({ sequence: intent.sequence, manifest: id, commit, received: NOTHING })
      }
      if (this.#committed !== undefined) await this.#deps.chunks.addWhole(this.#committed.manifest)
      this.#deps.chunks.setRoot(channel, root)
      this.#root = root
    } catch (err) {
      root.close()
      throw err
    }
  }

  /** A head of this channel came in: work on an older one is given up. */
  wake(): void {
    const head = this.#deps.book.head(this.#init.channel)
    if (this.#working !== undefined && head?.id !== this.#working.head.id) this.#working.abort.abort()
    this.#failures = 0
    this.#woken.abort()
  }

  /** Runs until `signal` aborts. What fails is reported and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#woken = new AbortController()
      const pauseMs = await this.#step(signal).catch((err: unknown) => (signal.aborted ? 0 : this.#failed(err)))
      if (signal.aborted) break
      if (this.#woken.signal.aborted) continue
      const until = AbortSignal.any([signal, this.#woken.signal])
      await this.#deps.clock.sleep(pauseMs, { signal: until }).catch((err: unknown) => {
        if (!isShoalError(err, 'CANCELLED')) throw err
      })
    }
    this.close()
  }

  close(): void {
    this.#deps.chunks.setRoot(this.#init.channel, undefined)
    this.#root?.close()
    this.#root = undefined
  }

  /** Brings the tree to the head if it is not there. @returns milliseconds until there is something to do by itself */
  async #step(signal: AbortSignal): Promise<number> {
    // A commit that could be neither finished nor undone is finished by recovery before anything else.
    if ((await this.#deps.journal.pending(this.#init.channel)) !== undefined) this.close()
    if (this.#root === undefined) await this.prepare()
    const root = this.#root
    if (root === undefined) throw new TypeError('prepare() leaves an open root')
    const head = this.#deps.book.head(this.#init.channel)
    const { clock } = this.#deps
    if (head !== undefined && head.version > (this.#committed?.sequence ?? 0)) {
      if (clock.now() > head.body.expiresMs) {
        throw new ShoalError(
          'HEAD_EXPIRED',
          `release ${head.version} expired at ${new Date(head.body.expiresMs).toISOString()}; it was not applied`,
        )
      }
      await this.#apply(root, head, signal)
    }
    await this.#prove(root, signal)
    this.#failures = 0
    const untilReap = reap(root, this.#init.target.graceMs, clock.now())
    return Math.min(untilReap ?? PROVE_EVERY_MS, PROVE_EVERY_MS)
  }

  async #apply(root: TreeRoot, head: RecordOf<'head'>, signal: AbortSignal): Promise<void> {
    const { deps, channel } = { deps: this.#deps, channel: this.#init.channel }
    const abort = new AbortController()
    this.#working = { head, abort }
    const work = AbortSignal.any([signal, abort.signal])
    let [before, current] = [NOTHING, NOTHING]
    const onCounts = (counts: FetchCounts): void => void (current = addCounts(before, counts))
    this.#proved = false
    const report = (state: ChannelStatus['state'], progress: number): void =>
      this.#report({ state, progress, targetSequence: head.version, received: current })
    try {
      report('fetching', 0)
      const manifest = await obtainManifest(deps, head.body, { signal: work, onCounts })
      before = current
      const previous = this.#committed === undefined ? undefined : await deps.manifests.load(this.#committed.manifest)
      const { commit, reusedBytes } = await applyRelease(deps, {
        channel,
        root,
        cache: this.#cache,
        sequence: head.version,
        id: head.body.manifest,
        manifest,
        previous,
        signal: work,
        onState: report,
        onCounts,
      })
      await this.#remember({
        sequence: head.version,
        manifest: head.body.manifest,
        commit,
        received: { ...current, reusedBytes },
      })
      report('settling', 1)
      deps.log.info('commit-done', {
        channel,
        sequence: head.version,
        operations: commit.operations,
        windowMs: commit.windowMs,
      })
    } catch (err) {
      if (!abort.signal.aborted) throw err
    } finally {
      this.#working = undefined
    }
  }

  /** Makes a committed release this target's own: what others are told, what chunks are found by. */
  async #remember(release: Omit<CommittedRelease, 'root' | 'provedAtMs'>): Promise<void> {
    const { store, live, manifests, chunks } = this.#deps
    const { channel, target } = this.#init
    const previous = this.#committed === undefined ? undefined : await manifests.load(this.#committed.manifest)
    const next: Manifest | undefined = await manifests.load(release.manifest)
    if (this.#committed !== undefined && this.#committed.manifest !== release.manifest)
      chunks.removeWhole(this.#committed.manifest)
    this.#committed = { ...release, root: target.root, provedAtMs: 0 }
    await writeCommitted(store, channel, this.#committed)
    await this.#deps.journal.end(channel)
    await live.replace(channel, previous, next)
    await chunks.addWhole(release.manifest)
  }

  /** Computes the manifest id again from the observed tree, and reports what came of it. */
  async #prove(root: TreeRoot, signal: AbortSignal): Promise<void> {
    const { manifests, clock, store, log } = this.#deps
    const { channel } = this.#init
    const committed = this.#committed
    const manifest = committed === undefined ? undefined : await manifests.load(committed.manifest)
    if (committed === undefined || manifest === undefined) return this.#report({ state: 'idle', progress: 0 })
    const options = { signal, cache: this.#cache, now: () => clock.now() }
    const { proved, differences } = await proveManifest(root, manifest, committed.manifest, options)
    this.#proved = proved
    if (proved) {
      this.#committed = { ...committed, provedAtMs: clock.now() }
      await writeCommitted(store, channel, this.#committed)
      this.#report({ state: 'settled', progress: 1 })
      return
    }
    log.warn('tree-drifted', { channel, paths: differences.length })
    const message = `${differences.length} paths are not what release ${committed.sequence} put there; \`shoal verify --channel ${channel}\` lists them`
    this.#report({ state: 'drifted', progress: 1, error: { code: 'DRIFT_FOUND', message } })
  }

  /** @returns milliseconds until the next attempt */
  #failed(err: unknown): number {
    const { log, clock } = this.#deps
    const { channel } = this.#init
    const error = toWire(err)
    if (!isShoalError(err))
      log.error('pipeline-fault', { channel, fault: err instanceof Error ? (err.stack ?? err.message) : String(err) })
    else log.warn('pipeline-failed', { channel, code: error.code, message: error.message })
    const head = this.#deps.book.head(channel)
    const targetSequence = Math.max(head?.version ?? 0, this.#committed?.sequence ?? 0)
    this.#report({ state: error.code === 'HEAD_EXPIRED' ? 'held' : 'failed', progress: 0, targetSequence, error })
    const wait = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** this.#failures++)
    return wait * (0.75 + (clock.now() % 500) / 1000)
  }

  #report(what: Pick<ChannelStatus, 'state' | 'progress'> & Partial<ChannelStatus>): void {
    const committed = this.#committed
    this.#deps.report({
      channel: this.#init.channel,
      sequence: committed?.sequence ?? 0,
      manifest: committed?.manifest,
      proved: this.#proved,
      provedAtMs: Math.floor(committed?.provedAtMs ?? 0),
      targetSequence: committed?.sequence ?? 0,
      received: committed?.received ?? NOTHING,
      commit: committed?.commit,
      retained: { releases: 0, bytes: 0, heldBytes: 0 },
      staleProcesses: [],
      atRisk: [],
      error: undefined,
      ...what,
    })
  }
}

const addCounts = (a: ReceivedBytes, b: FetchCounts): ReceivedBytes => ({
  wireBytes: a.wireBytes + b.wireBytes,
  sameSiteBytes: a.sameSiteBytes + b.sameSiteBytes,
  otherSiteBytes: a.otherSiteBytes + b.otherSiteBytes,
  wastedBytes: a.wastedBytes + b.wastedBytes,
  reusedBytes: a.reusedBytes,
})

/** A root that is not there yet is made, in an existing directory. @throws TARGET_ROOT_INVALID, TARGET_READ_ONLY */
async function createRoot(root: string): Promise<void> {
  try {
    if ((await lstat(root)).isDirectory()) return
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? err.code : undefined
    if (code !== 'ENOENT') throw new ShoalError('TARGET_ROOT_INVALID', `${root}: ${String(code)}`, { cause: err })
    try {
      await mkdir(root, { mode: 0o755 })
      return
    } catch (cause) {
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
      throw new ShoalError(
        why === 'EROFS' ? 'TARGET_READ_ONLY' : 'TARGET_ROOT_INVALID',
        `cannot make ${root}: ${why}`,
        { cause },
      )
    }
  }
  throw new ShoalError('TARGET_ROOT_INVALID', `${root} is not a directory; nothing was changed`)
}
