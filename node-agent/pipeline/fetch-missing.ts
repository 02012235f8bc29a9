import { type ChunkRef, type Digest, distinctChunks } from '../../protocol/index.ts'
import { CountSum } from '../fetch/count-sum.ts'
import type { FetchCounts, Spending } from '../fetch/types.ts'
import type { StagingArea } from '../stage/index.ts'
import { RateMeter } from '../traffic/index.ts'
import type { ApplyInit, PipelineDeps } from './types.ts'
import { stageFromDelta } from './use-delta.ts'
import { waitForBudget } from './wait-for-budget.ts'

const bytesOf = (chunks: readonly ChunkRef[]): number => chunks.reduce((sum, { size }) => sum + size, 0)

/** Completes what staging lacks: by deltas where there are some, then in whole chunks, each once the budgets allow it. @throws as stageRelease */
export async function fetchMissing(deps: PipelineDeps, init: ApplyInit, staging: StagingArea): Promise<void> {
  if (staging.missing().length === 0) return
  const content = new MissingContent(deps, init, staging)
  try {
    await content.fetch()
  } finally {
    content.over()
  }
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
  /** Bytes of the deltas that are in use now; 0 for none. */
  #deltaBytes = 0
  #deltaDone = 0
  readonly #pieces = new Set<Digest>()
  readonly #rate = new RateMeter()
  #plainBytes = 0
  #over = false

  constructor(deps: PipelineDeps, init: ApplyInit, staging: StagingArea) {
    this.#deps = deps
    this.#init = init
    this.#staging = staging
    this.#chunks = distinctChunks(init.manifest)
    this.#indexOf = new Map(this.#chunks.map((ref, i) => [ref.digest, i]))
    this.#counts = new CountSum((sum) => this.#counted(sum))
    this.#total = this.#missingBytes()
  }

  /** What comes late is counted, and no longer told as progress. */
  over(): void {
    this.#over = true
  }

  async fetch(): Promise<void> {
    this.#tell()
    const { findPath, manifest, partners, signal, spending, channel } = this.#init
    const path = (await findPath?.()) ?? []
    const deltas = path.reduce((sum, { bytes }) => sum + bytes, 0)
    const waited = path.length > 0 && (await this.#allowed(() => Math.min(deltas, this.#missingBytes())))
    // Neighbours may have brought so much meanwhile that the deltas would cost more than the rest.
    if (!waited || this.#missingBytes() > deltas) {
      this.#deltaBytes = deltas
      const onStaged = (digest: Digest, size: number): void => this.#staged(digest, size)
      const onPiece = (digest: Digest, size: number): void => this.#obtained(digest, size)
      const use = { path, treeBytes: bytesOf(this.#chunks), manifest, signal, channel, counts: this.#counts }
      await stageFromDelta(this.#deps, this.#staging, { ...use, partners, spending, onStaged, onPiece })
      this.#deltaBytes = 0
    }
    // What the deltas could not make costs its own bytes: never more without a budget for it.
    await this.#allowed(() => this.#missingBytes())
    await this.#fetchChunks(spending, signal)
  }

  #missingBytes(): number {
    return bytesOf(this.#staging.missing())
  }

  #staged(digest: Digest, size: number): void {
    this.#done += size
    this.#tell()
    const index = this.#indexOf.get(digest)
    if (index !== undefined) this.#deps.chunks.announce(this.#init.id, [index])
  }

  #obtained(digest: Digest, size: number): void {
    if (this.#pieces.has(digest)) return
    this.#pieces.add(digest)
    this.#deltaDone = Math.min(this.#deltaBytes, this.#deltaDone + size)
    this.#tell()
  }

  #counted(sum: FetchCounts): void {
    this.#rate.add(sum.plainBytes - this.#plainBytes, this.#deps.clock.monotonic())
    this.#plainBytes = sum.plainBytes
    this.#init.onCounts(sum)
    this.#tell()
  }

  /** While deltas are obtained their own bytes are what is left; nothing of the release can be made before. */
  #tell(): void {
    if (this.#over) return
    const left = this.#total - this.#done
    const deltas = this.#deltaBytes > 0
    const leftBytes = deltas ? Math.min(left, this.#deltaBytes - this.#deltaDone) : left
    const progress = Math.max(this.#done / this.#total, deltas ? this.#deltaDone / this.#deltaBytes : 0)
    const bytesPerSecond = this.#rate.rate(this.#deps.clock.monotonic())
    this.#init.onState('fetching', progress, { leftBytes, bytesPerSecond })
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
    const { id, partners, channel } = this.#init
    const onCounts = this.#counts.next()
    const job = {
      manifest: id,
      channel,
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
