import { type Digest, isShoalError, type RecordOf, ShoalError, toWire } from '../../protocol/index.ts'
import type { Hold } from '../../protocol/rollout/index.ts'
import { CountSum } from '../fetch/count-sum.ts'
import { trimAllocator } from '../fs/index.ts'
import { collectHeap } from '../lifecycle/index.ts'
import { type DeltaPath, findDeltaPath } from './delta-path.ts'
import { obtainManifest } from './fetch-manifest.ts'
import { type HoldChange, Holds } from './holds.ts'
import { honourRetry } from './honour-retry.ts'
import { partnersFor } from './partners.ts'
import { addCounts, NOTHING_RECEIVED } from './status.ts'
import { TargetWork } from './target-work.ts'
import { holdError, isHeldByRollout, Turn } from './turn.ts'
import type { PipelineDeps, PipelineInit } from './types.ts'

/** A release that failed is tried again after this long, doubling to the longest; jitter keeps a site from failing in step. */
const RETRY_FIRST_MS = 1_000
const RETRY_LONGEST_MS = 300_000
/** How often a settled tree is compared with its manifest again: only stats are read of what did not change. */
const PROVE_EVERY_MS = 300_000

interface Held {
  readonly turn: Turn
  readonly hold: Hold
}

/**
 * Keeps one target at its channel's head: plan, fetch, stage, commit, settle, report; one release at a time, the newest first.
 * What is trusted is decided elsewhere: the record book only ever shows heads that are.
 */
export class TargetPipeline {
  readonly #deps: PipelineDeps
  readonly #init: PipelineInit
  readonly #work: TargetWork
  readonly #holds = new Holds()
  #failures = 0
  #woken = new AbortController()
  /** The release that waits for its turn in a rollout. */
  #held: Held | undefined
  /** Id of the head whose release was staged as far as it may be before its turn. */
  #staged: Digest | undefined
  #working: { readonly head: RecordOf<'head'>; readonly abort: AbortController } | undefined

  constructor(deps: PipelineDeps, init: PipelineInit) {
    this.#deps = deps
    this.#init = init
    this.#work = new TargetWork(deps, init)
  }

  /** Called before any peer can reach this host; when it fails (a disk that is not mounted), `run` tries again. @throws as TargetWork.prepare */
  prepare(): Promise<void> {
    return this.#work.prepare()
  }

  /** A head of this channel came in: work on an older one is given up. */
  wake(): void {
    const head = this.#deps.book.head(this.#init.channel)
    if (this.#working !== undefined && head?.id !== this.#working.head.id) this.#working.abort.abort()
    this.#failures = 0
    this.#woken.abort()
  }

  /** Begins afresh with what is here now. */
  renew(): void {
    this.#working?.abort.abort()
    this.#failures = 0
    this.#woken.abort()
  }

  /** A release that was rolled back on this host is tried again. */
  async retry(): Promise<void> {
    await this.#work.forgive()
    this.wake()
  }

  /** The release that a budget holds now is fetched, whatever it costs. @returns its name @throws NOT_HELD */
  async consent(): Promise<string> {
    const release = this.#holds.require()
    await this.#deps.limits.consent(release)
    return release
  }

  /** Runs until `signal` aborts. What fails is reported and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#woken = new AbortController()
      const pauseMs = await this.#step(signal).catch((err: unknown) => (signal.aborted ? 0 : this.#failed(err)))
      if (signal.aborted) break
      if (this.#woken.signal.aborted) continue
      collectHeap()
      trimAllocator()
      const until = AbortSignal.any([signal, this.#woken.signal])
      const pause = this.#held
        ? this.#held.turn.pause(this.#held.hold, pauseMs, until)
        : this.#deps.clock.sleep(pauseMs, { signal: until })
      await pause.catch((err: unknown) => {
        if (!isShoalError(err, 'CANCELLED')) throw err
      })
    }
    this.close()
  }

  close(): void {
    this.#work.close()
  }

  /** Brings the tree to the head if it is not there. @returns milliseconds until there is something to do by itself */
  async #step(signal: AbortSignal): Promise<number> {
    const work = this.#work
    await work.ensureOpen()
    const head = this.#deps.book.head(this.#init.channel)
    // What failed here was withdrawn: its number may come again.
    if (head !== undefined && work.rejected !== undefined && work.rejected > head.version) await work.forgive()
    if (head !== undefined) await honourRetry(this.#deps, head, () => work.forgive())
    let held: Held | undefined
    if (head !== undefined && this.#isWanted(head)) {
      this.#checkFresh(head)
      held = await this.#advance(head, signal)
    } else if (work.needsConversion) await work.convert(signal)
    if (work.needsSettling) await work.settle(signal)
    const againMs = await work.tend(signal)
    await work.prove(signal)
    if (head !== undefined && held !== undefined) this.#reportHeld(head, held.hold)
    this.#held = held
    this.#failures = 0
    return Math.min(againMs ?? PROVE_EVERY_MS, PROVE_EVERY_MS, this.#ripensInMs(head))
  }

  /** Makes the head's release live when its turn has come; before, brings here what it may. */
  async #advance(head: RecordOf<'head'>, signal: AbortSignal): Promise<Held | undefined> {
    // What was withdrawn is left at once, by all.
    const turn = head.version > this.#work.sequence ? new Turn(this.#deps, head) : undefined
    const hold = await turn?.hold()
    if (hold === undefined || (hold.mayStage && this.#staged !== head.id)) await this.#follow(head, turn, signal)
    const still = turn === undefined || !this.#isWanted(head) ? undefined : await turn.hold()
    return turn && still && { turn, hold: still }
  }

  /** Until others may count this host as healthy for long enough: it says so again just then. */
  #ripensInMs(head: RecordOf<'head'> | undefined): number {
    const { rollouts, self, clock } = this.#deps
    const { sequence, committedAtMs } = this.#work
    const afterMs = head?.version === sequence ? rollouts.afterMs(head, self) : undefined
    const left = afterMs === undefined || committedAtMs === undefined ? 0 : committedAtMs + afterMs - clock.now()
    return left > 0 ? left : Number.POSITIVE_INFINITY
  }

  #reportHeld({ id, version }: RecordOf<'head'>, hold: Hold): void {
    const progress = this.#staged === id ? 1 : 0
    this.#work.report({ state: 'held', progress, targetSequence: version, error: toWire(holdError(hold)) })
  }

  /** A later release, unless it failed here; an earlier one only when the one that is live was withdrawn (TRUST-17). */
  #isWanted({ version, body }: RecordOf<'head'>): boolean {
    const { sequence, manifest, rejected } = this.#work
    if (version > sequence) return version !== rejected
    const rolledBack = rejected !== undefined && rejected === version
    return sequence > 0 && !rolledBack && (version < sequence || body.manifest !== manifest)
  }

  #checkFresh(head: RecordOf<'head'>): void {
    if (this.#deps.clock.now() <= head.body.expiresMs) return
    const when = new Date(head.body.expiresMs).toISOString()
    throw new ShoalError('HEAD_EXPIRED', `release ${head.version} expired at ${when}; it was not applied`)
  }

  /** Makes the head's release live; gives up when a newer one comes. */
  async #follow(head: RecordOf<'head'>, turn: Turn | undefined, signal: AbortSignal): Promise<void> {
    const abort = new AbortController()
    this.#working = { head, abort }
    const until = AbortSignal.any([signal, abort.signal])
    let received = NOTHING_RECEIVED
    try {
      this.#work.report({ state: 'fetching', progress: 0, targetSequence: head.version })
      const counts = new CountSum((sum) => void (received = addCounts(NOTHING_RECEIVED, sum)))
      const { body, version: sequence } = head
      let path: Promise<DeltaPath> | undefined
      const findPath = () => (path ??= findDeltaPath(this.#deps, body, this.#work.manifest, until))
      const partners = () => partnersFor(this.#deps, head.key, this.#work.manifest, body.manifest)
      const spend = (tell: (change: HoldChange) => void) => this.#holds.spending(`${head.key}@${sequence}`, tell)
      const spending = spend((change) =>
        this.#work.report({ progress: 0, targetSequence: sequence, ...received, ...change }),
      )
      const options = { signal: until, counts, partners, spending, channel: this.#init.channel }
      const manifest = await obtainManifest(this.#deps, body, findPath, options)
      const wanted = { sequence, id: body.manifest, manifest, findPath, partners, spend, ...(turn && { turn }) }
      await this.#work.apply(wanted, until, received)
    } catch (err) {
      if (isHeldByRollout(err)) this.#staged = head.id
      else if (!abort.signal.aborted) throw err
    } finally {
      this.#working = undefined
    }
  }

  /** @returns milliseconds until the next attempt */
  #failed(err: unknown): number {
    const { log, clock } = this.#deps
    const { channel } = this.#init
    const error = toWire(err)
    if (!isShoalError(err)) {
      log.error('pipeline-fault', { channel, fault: err instanceof Error ? (err.stack ?? err.message) : String(err) })
    } else log.warn('pipeline-failed', { channel, code: error.code, message: error.message })
    const targetSequence = Math.max(this.#deps.book.head(channel)?.version ?? 0, this.#work.sequence)
    this.#work.report({ state: error.code === 'HEAD_EXPIRED' ? 'held' : 'failed', progress: 0, targetSequence, error })
    const wait = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** this.#failures++)
    return wait * (0.75 + (clock.now() % 500) / 1000)
  }
}
