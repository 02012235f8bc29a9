import {
  type ChunkRef,
  type Digest,
  distinctChunks,
  type DeltaRef,
  type ErrorCode,
  type HeadBody,
  isShoalError,
  type Manifest,
  ShoalError,
} from '../../protocol/index.ts'
import { type BlobOptions, obtainPieces, OpenDelta } from '../delta/index.ts'
import type { CountSum } from '../fetch/count-sum.ts'
import type { StagingArea } from '../stage/index.ts'
import type { ManifestStore } from '../store/index.ts'
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

/** The head's delta that costs this host least: of those whose base it is at, or else whose manifest it still knows. */
export async function deltaFor(
  { manifests }: { readonly manifests: Pick<ManifestStore, 'has'> },
  head: Pick<HeadBody, 'deltas'>,
  current: Digest | undefined,
): Promise<DeltaRef | undefined> {
  const own = head.deltas.find(({ from }) => from === current)
  if (own !== undefined) return own
  for (const ref of head.deltas.toSorted((a, b) => a.bytes - b.bytes)) if (await manifests.has(ref.from)) return ref
  return undefined
}

/** Runs `use`; what makes the delta useless is logged and answered with undefined. @throws everything else: NO_SPACE, CANCELLED */
export async function tryDelta<T>(
  { log }: Pick<DeltaDeps, 'log'>,
  { from, bytes }: DeltaRef,
  use: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await use()
  } catch (err) {
    if (!(err instanceof ShoalError) || !USELESS.has(err.code)) throw err
    log.warn('delta-useless', { from, bytes, code: err.code, reason: err.message })
    return undefined
  }
}

export async function openDelta(
  deps: DeltaDeps,
  head: HeadBody,
  ref: DeltaRef,
  options: BlobOptions,
): Promise<OpenDelta> {
  const baseManifest = await deps.manifests.bytes(ref.from)
  if (baseManifest === undefined) throw new ShoalError('CHUNK_NOT_FOUND', `the manifest ${ref.from} is not kept here`)
  return OpenDelta.open(deps, { ref, head, baseManifest }, options)
}

export interface DeltaUse {
  readonly head: HeadBody
  /** Release that the live tree is at. */
  readonly current: Digest | undefined
  readonly manifest: Manifest
  readonly signal: AbortSignal
  readonly counts: CountSum
  /** A chunk stands in staging. */
  readonly onStaged: (digest: Digest, size: number) => void
}

/** Completes what a delta can of what staging lacks. What it cannot is left missing. @throws NO_SPACE, CANCELLED, FILE_SYSTEM */
export async function stageFromDelta(deps: DeltaDeps, staging: StagingArea, use: DeltaUse): Promise<void> {
  const { head, current, manifest, signal, counts, onStaged } = use
  const ref = await deltaFor(deps, head, current)
  if (ref === undefined) return
  await tryDelta(deps, ref, async () => {
    const base = await deps.manifests.load(ref.from)
    if (base === undefined) return
    const options = { signal, counts }
    const delta = await openDelta(deps, head, ref, options)
    const chunks = { base: distinctChunks(base), next: distinctChunks(manifest) }
    const wanted = new Set(staging.missing().map(({ digest }) => digest))
    const read = (chunk: ChunkRef) => readBase(deps, chunk.digest)
    for (const window of await delta.contentFor(chunks.next, wanted, options)) {
      if (signal.aborted) throw new ShoalError('CANCELLED', 'a newer release came; what is staged is kept')
      const made = await tryDelta(deps, ref, async () => {
        try {
          return await delta.decode(window, chunks, read)
        } catch (err) {
          if (!isShoalError(err, 'CHUNK_NOT_FOUND')) throw err
          // The base was changed on this host. Its own chunks cost less than all that is made of them.
          await obtainPieces(deps, delta.baseOf(window, chunks.base), options)
          return delta.decode(window, chunks, read)
        }
      })
      for (const [digest, bytes] of made ?? []) {
        if (!wanted.delete(digest)) continue
        staging.write(digest, bytes)
        onStaged(digest, bytes.length)
      }
    }
  })
}

async function readBase({ chunks }: DeltaDeps, digest: Digest): Promise<Uint8Array> {
  const bytes = await chunks.read(digest)
  if (bytes === undefined)
    throw new ShoalError('CHUNK_NOT_FOUND', `chunk ${digest} of the base is not on this host any more`)
  return bytes
}
