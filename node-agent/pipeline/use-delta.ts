import {
  type ChannelName,
  type ChunkRef,
  type Digest,
  distinctChunks,
  type ErrorCode,
  isShoalError,
  type Manifest,
  type PeerKey,
  ShoalError,
} from '../../protocol/index.ts'
import { type BlobOptions, OpenDelta, type Placed } from '../delta/index.ts'
import { obtain } from '../fetch/obtain.ts'
import type { CountSum } from '../fetch/count-sum.ts'
import type { Spending } from '../fetch/types.ts'
import type { StagingArea } from '../stage/index.ts'
import { digestOf } from '../store/index.ts'
import type { DeltaPath } from './delta-path.ts'
import type { PipelineDeps } from './types.ts'

export type DeltaDeps = Pick<PipelineDeps, 'manifests' | 'chunks' | 'packs' | 'fetcher' | 'log'>

/** What makes a delta useless, and nothing else: the release is fetched in whole chunks instead. */
const USELESS: ReadonlySet<ErrorCode> = new Set([
  'DELTA_INVALID',
  'NO_SOURCE',
  'CHUNK_NOT_FOUND',
  'STORE_CORRUPT',
  'MANIFEST_MALFORMED',
])

/** Of their plain bytes, what chunks that travel by themselves take on the wire: a chain that costs more is not taken. */
const CHUNK_SHARE = 0.4

/** Runs `use`; what makes the deltas useless is logged and answered with undefined. @throws everything else: NO_SPACE, CANCELLED */
export async function tryDelta<T>(
  { log }: Pick<DeltaDeps, 'log'>,
  path: DeltaPath,
  use: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await use()
  } catch (err) {
    if (!(err instanceof ShoalError) || !USELESS.has(err.code)) throw err
    const bytes = path.reduce((sum, step) => sum + step.bytes, 0)
    log.warn('delta-useless', { from: path[0]?.from ?? '', bytes, code: err.code, reason: err.message })
    return undefined
  }
}

/** What a path leads to. */
export interface PathUse extends BlobOptions {
  readonly path: DeltaPath
  /** Bytes of all content of the release that is wanted in the end. */
  readonly treeBytes: number
}

/** Opens the deltas of a path one after another, keeping the manifests between them. @returns them, and the last one's manifest bytes */
async function openPath(
  deps: DeltaDeps,
  { path, treeBytes, ...options }: PathUse,
): Promise<{ readonly opened: readonly OpenDelta[]; readonly bytes: Uint8Array }> {
  const opened: OpenDelta[] = []
  let bytes = await deps.manifests.bytes(path[0]?.from ?? digestOf(new Uint8Array()))
  if (bytes === undefined)
    throw new ShoalError('CHUNK_NOT_FOUND', 'the manifest that a delta begins at is not kept here')
  for (const step of path) {
    const delta = await OpenDelta.open(deps, { step, treeBytes, baseManifest: bytes }, options)
    const known: Uint8Array | undefined = await deps.manifests.bytes(step.to)
    bytes = known ?? (await delta.manifest(options))
    if (known === undefined && digestOf(bytes) !== step.to)
      throw new ShoalError('DELTA_INVALID', 'a delta makes another manifest')
    if (known === undefined && step !== path.at(-1)) await deps.manifests.save(bytes)
    opened.push(delta)
  }
  return { opened, bytes }
}

/** Canonical bytes of the manifest at the end of a path, which is not empty. @throws DELTA_INVALID, NO_SOURCE, CHUNK_NOT_FOUND, NO_SPACE, CANCELLED */
export const manifestByPath = async (deps: DeltaDeps, use: PathUse): Promise<Uint8Array> =>
  (await openPath(deps, use)).bytes

export interface DeltaUse {
  readonly path: DeltaPath
  readonly manifest: Manifest
  readonly treeBytes: number
  readonly signal: AbortSignal
  readonly counts: CountSum
  readonly partners: (() => ReadonlySet<PeerKey>) | undefined
  readonly spending: Spending | undefined
  readonly channel: ChannelName
  /** A piece of a delta is here. */
  readonly onPiece: (digest: Digest, bytes: number) => void
  /** A chunk stands in staging. */
  readonly onStaged: (digest: Digest, size: number) => void
}

/** What one delta of a path has to make. */
interface Stage {
  readonly delta: OpenDelta
  readonly chunks: { readonly base: readonly ChunkRef[]; readonly next: readonly ChunkRef[] }
  readonly windows: readonly Placed<Parameters<OpenDelta['decode']>[0]['window']>[]
  readonly wanted: Set<Digest>
}

/** As much of staging as deltas need. */
export type DeltaStaging = Pick<StagingArea, 'missing' | 'write'>

/** Completes what a path of deltas can of what staging lacks. What it cannot is left missing. @throws NO_SPACE, CANCELLED, FILE_SYSTEM */
export async function stageFromDelta(deps: DeltaDeps, staging: DeltaStaging, use: DeltaUse): Promise<void> {
  const { path, signal, onStaged } = use
  if (path.length === 0) return
  const options = optionsOf(use)
  await tryDelta(deps, path, async () => {
    const stages = await planStages(deps, staging, use)
    if (path.length > 1 && !isWorth(stages)) return
    for (const stage of stages) {
      const { delta, windows, wanted } = stage
      const last = stage === stages.at(-1)
      await delta.obtain(windows, options)
      for (const window of windows) {
        if (signal.aborted) throw new ShoalError('CANCELLED', 'a newer release came; what is staged is kept')
        const made = await tryDelta(deps, path, () => decodeWindow(deps, stage, window, options))
        for (const [digest, bytes] of made ?? []) {
          if (!wanted.delete(digest)) continue
          if (!last) {
            await deps.packs.put(digest, bytes)
            continue
          }
          staging.write(digest, bytes)
          onStaged(digest, bytes.length)
        }
      }
      if (!last) await deps.packs.flush()
    }
  })
}

const optionsOf = ({ signal, counts, partners, spending, channel, onPiece }: DeltaUse): BlobOptions => ({
  signal,
  counts,
  channel,
  onPiece,
  ...(spending && { spending }),
  ...(partners && { partners }),
})

/** From the last delta back: what each has to make so that the next one can read it. What the first release has is here. */
async function planStages(deps: DeltaDeps, staging: DeltaStaging, use: DeltaUse): Promise<readonly Stage[]> {
  const { path, manifest, treeBytes } = use
  const { opened } = await openPath(deps, { path, treeBytes, ...optionsOf(use) })
  const releases: (readonly ChunkRef[])[] = []
  for (const { from } of path) {
    const base = await deps.manifests.load(from)
    if (base === undefined) throw new ShoalError('CHUNK_NOT_FOUND', `the manifest ${from} is not kept here`)
    releases.push(distinctChunks(base))
  }
  releases.push(distinctChunks(manifest))
  const own = new Set(releases[0]?.map(({ digest }) => digest))
  const stages: Stage[] = []
  let wanted = new Set(staging.missing().map(({ digest }) => digest))
  for (let i = path.length - 1; i >= 0; i--) {
    const [delta, base, next] = [opened[i], releases[i], releases[i + 1]]
    if (delta === undefined || base === undefined || next === undefined) continue
    const windows = delta.windowsFor(next, wanted)
    stages.unshift({ delta, chunks: { base, next }, windows, wanted })
    const read = windows.flatMap((window) => delta.baseOf(window, base))
    wanted = new Set(read.map(({ digest }) => digest).filter((digest) => !own.has(digest)))
  }
  return stages
}

/** A chain costs less than the chunks that it makes in the end. */
function isWorth(stages: readonly Stage[]): boolean {
  const last = stages.at(-1)
  if (last === undefined) return false
  const cost = stages.flatMap(({ windows }) => windows).reduce((sum, { length }) => sum + length, 0)
  const made = new Map(
    last.windows.flatMap((window) => last.delta.madeBy(window, last.chunks.next)).map((c) => [c.digest, c.size]),
  )
  const plain = [...made].reduce((sum, [digest, size]) => sum + (last.wanted.has(digest) ? size : 0), 0)
  return cost < plain * CHUNK_SHARE
}

async function decodeWindow(
  deps: DeltaDeps,
  { delta, chunks }: Stage,
  window: Stage['windows'][number],
  options: BlobOptions,
): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const read = (chunk: ChunkRef) => readBase(deps, chunk.digest)
  try {
    return await delta.decode(window, chunks, read)
  } catch (err) {
    if (!isShoalError(err, 'CHUNK_NOT_FOUND')) throw err
    // The base was changed on this host, or what lies between was not worth a delta. Its own chunks cost less than all that is made of them.
    const refs = delta.baseOf(window, chunks.base)
    await obtain(deps, { list: undefined, refs, wanted: refs.keys(), optional: true }, options)
    return delta.decode(window, chunks, read)
  }
}

async function readBase({ chunks }: DeltaDeps, digest: Digest): Promise<Uint8Array> {
  const bytes = await chunks.read(digest)
  if (bytes === undefined)
    throw new ShoalError('CHUNK_NOT_FOUND', `chunk ${digest} of the base is not on this host any more`)
  return bytes
}
