import {
  type ChunkRef,
  decodeChunkList,
  type Digest,
  type HeadBody,
  LIMITS,
  type Manifest,
  ShoalError,
} from '../../protocol/index.ts'
import type { BlobOptions } from '../delta/index.ts'
import { digestOf } from '../store/index.ts'
import type { DeltaPath } from './delta-path.ts'
import { type DeltaDeps, manifestByPath, tryDelta } from './use-delta.ts'

/**
 * The manifest that a head names: kept here already, made by a delta from one that is, or put together from its chunks, which peers serve like any
 * content. Nothing larger than the head states is ever taken in.
 *
 * @param findPath how the release is made from one that is here; asked only when the manifest is not
 * @throws MANIFEST_DIGEST_MISMATCH, MANIFEST_TOO_LARGE, MANIFEST_* of the hostile-input checks, CANCELLED
 */
export async function obtainManifest(
  deps: DeltaDeps,
  head: HeadBody,
  findPath: () => Promise<DeltaPath>,
  options: BlobOptions,
): Promise<Manifest> {
  const kept = await deps.manifests.load(head.manifest)
  if (kept !== undefined) return kept
  const path = await findPath()
  const { treeBytes } = head
  const made =
    path.length === 0
      ? undefined
      : await tryDelta(deps, path, () => manifestByPath(deps, { path, treeBytes, ...options }))
  const bytes = made ?? (await fromChunks(deps, head, options))
  const manifest = deps.manifests.decode(bytes)
  if (manifest.entries.length !== head.entries) {
    throw new ShoalError(
      'MANIFEST_SIZE_MISMATCH',
      `the head states ${head.entries} entries, the manifest has ${manifest.entries.length}`,
    )
  }
  await deps.manifests.save(bytes, manifest)
  return manifest
}

async function fromChunks(deps: DeltaDeps, head: HeadBody, options: BlobOptions): Promise<Uint8Array> {
  const index = await obtain(deps, [{ digest: head.manifestIndex, size: LIMITS.chunkBytes }], options)
  const refs = decodeChunkList(concat(index))
  const size = refs.reduce((sum, ref) => sum + ref.size, 0)
  if (size !== head.manifestBytes) {
    throw new ShoalError(
      'MANIFEST_SIZE_MISMATCH',
      `the head states ${head.manifestBytes} bytes of manifest, its index ${size}`,
    )
  }
  const bytes = concat(await obtain(deps, refs, options))
  if (digestOf(bytes) !== head.manifest) {
    throw new ShoalError(
      'MANIFEST_DIGEST_MISMATCH',
      'the manifest’s chunks do not make the manifest that the head names',
    )
  }
  return bytes
}

/** The bytes of some chunks in order: from this host where it has them, else from peers. */
async function obtain(
  deps: DeltaDeps,
  refs: readonly ChunkRef[],
  options: BlobOptions,
): Promise<readonly Uint8Array[]> {
  const have = new Map<Digest, Uint8Array>()
  const missing: number[] = []
  const asked = new Set<Digest>()
  for (const [i, { digest }] of refs.entries()) {
    const bytes = await deps.chunks.read(digest)
    if (bytes !== undefined) have.set(digest, bytes)
    else if (!asked.has(digest)) missing.push(i)
    asked.add(digest)
  }
  if (missing.length > 0) {
    const job = {
      manifest: undefined,
      chunks: refs,
      missing,
      onChunk: async (digest: Digest, bytes: Uint8Array): Promise<void> => void have.set(digest, bytes),
    }
    const onCounts = options.counts.next()
    onCounts(await deps.fetcher.fetch(job, { signal: options.signal, onCounts }))
  }
  return refs.map(({ digest }) => {
    const bytes = have.get(digest)
    if (bytes === undefined) throw new ShoalError('NO_SOURCE', `a chunk of the manifest was not delivered: ${digest}`)
    return bytes
  })
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}
