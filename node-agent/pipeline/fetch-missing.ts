import { type ChunkRef, type Digest, distinctChunks } from '../../protocol/index.ts'
import { CountSum } from '../fetch/count-sum.ts'
import type { Spending } from '../fetch/types.ts'
import type { StagingArea } from '../stage/index.ts'
import type { ApplyInit, PipelineDeps } from './types.ts'
import { stageFromDelta } from './use-delta.ts'
import { waitForBudget } from './wait-for-budget.ts'

const bytesOf = (chunks: readonly ChunkRef[]): number => chunks.reduce((sum, { size }) => sum + size, 0)

/** Completes what staging lacks: by deltas where there are some, then in whole chunks, each once the budgets allow it. @throws as stageRelease */
export async function fetchMissing(deps: PipelineDeps, init: ApplyInit, staging: StagingArea): Promise<void> {
  if (staging.missing().length === 0) return
  init.onState('fetching', 0)
  await new MissingContent(deps, init, staging).fetch()
}

/** What one release lacks in staging, on its way. */
class MissingContent {
  readonly #deps: PipelineDeps
  readonly #init: ApplyInit
  readonly #staging: StagingArea
  readonly #chunks: readonly ChunkRef[]
  readonly #indexOf: ReadonlyMap<Digest, number>
  readonly #counts: CountSum
  readonly #total: number
  #done = 0

  constructor(deps: PipelineDeps, init: ApplyInit, staging: StagingArea) {
    this.#deps = deps
    this.#init = init
    this.#staging = staging
    this.#chunks = distinctChunks(init.manifest)
    this.#indexOf = new Map(this.#chunks.map((ref, i) => [ref.digest, i]))
    this.#counts = new CountSum(init.onCounts)
    this.#total = this.#plainBytes()
  }

  async fetch(): Promise<void> {
    const { findPath, manifest, partners, signal, spending } = this.#init
    const path = (await findPath?.()) ?? []
    const deltas = path.reduce((sum, { bytes }) => sum + bytes, 0)
    const waited = path.length > 0 && (await this.#allowed(() => Math.min(deltas, this.#plainBytes())))
    // Neighbours may have brought so much meanwhile that the deltas would cost more than the rest.
    if (!waited || this.#plainBytes() > deltas) {
      const onStaged = (digest: Digest, size: number): void => this.#staged(digest, size)
      const use = { path, treeBytes: bytesOf(this.#chunks), manifest, signal, counts: this.#counts }
      await stageFromDelta(this.#deps, this.#staging, { ...use, partners, spending, onStaged })
    }
    // What the deltas could not make costs its own bytes: never more without a budget for it.
    await this.#allowed(() => this.#plainBytes())
    await this.#fetchChunks(spending, signal)
  }

  #plainBytes(): number {
    return bytesOf(this.#staging.missing())
  }

  #staged(digest: Digest, size: number): void {
    this.#done += size
    this.#init.onState('fetching', this.#done / this.#total)
    const index = this.#indexOf.get(digest)
    if (index !== undefined) this.#deps.chunks.announce(this.#init.id, [index])
  }

  /** Waits for the budgets, taking what neighbours have. @returns whether it had to */
  async #allowed(bytes: () => number): Promise<boolean> {
    const { spending, signal } = this.#init
    if (spending === undefined) return false
    const fetchNear = (nearOnly: NonNullable<Spending['nearOnly']>, until: AbortSignal): Promise<void> =>
      this.#fetchChunks({ ...spending, nearOnly }, until)
    return waitForBudget(this.#deps, { release: spending.release, bytes, signal, fetchNear })
  }

  async #fetchChunks(spending: Spending | undefined, signal: AbortSignal): Promise<void> {
    const left = this.#staging.missing().map((ref) => this.#indexOf.get(ref.digest))
    if (left.length === 0) return
    const { id, partners } = this.#init
    const onCounts = this.#counts.next()
    const job = {
      manifest: id,
      ...(partners && { partners }),
      ...(spending && { spending }),
      chunks: this.#chunks,
      missing: left.filter((i) => i !== undefined),
      onChunk: async (digest: Digest, bytes: Uint8Array): Promise<void> => {
        this.#staging.write(digest, bytes)
        this.#staged(digest, bytes.length)
      },
    }
    onCounts(await this.#deps.fetcher.fetch(job, { signal, onCounts }))
  }
}
