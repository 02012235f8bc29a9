import { decodeChunkList, type HeadBody, LIMITS, type Manifest, ShoalError } from '../../protocol/index.ts'
import type { BlobOptions } from '../delta/index.ts'
import { type Listed, obtain } from '../fetch/obtain.ts'
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
  const list = head.manifestIndex
  const index = { digest: list, size: LIMITS.chunkBytes }
  const refs = decodeChunkList(concat(await obtained(deps, { list, refs: [index], wanted: [0] }, options)))
  const size = refs.reduce((sum, ref) => sum + ref.size, 0)
  if (size !== head.manifestBytes) {
    throw new ShoalError(
      'MANIFEST_SIZE_MISMATCH',
      `the head states ${head.manifestBytes} bytes of manifest, its index ${size}`,
    )
  }
  const wanted = refs.map((_, i) => 1 + i)
  const bytes = concat(await obtained(deps, { list, refs: [index, ...refs], wanted }, options))
  if (digestOf(bytes) !== head.manifest) {
    throw new ShoalError(
      'MANIFEST_DIGEST_MISMATCH',
      'the manifest’s chunks do not make the manifest that the head names',
    )
  }
  return bytes
}

/** The bytes of some chunks of the manifest's list in order: from this host where it has them, else from peers. */
async function obtained(
  deps: DeltaDeps,
  { list, refs, wanted }: Omit<Listed, 'optional'>,
  options: BlobOptions,
): Promise<readonly Uint8Array[]> {
  const indices = [...wanted]
  await obtain(deps, { list, refs, wanted: indices, optional: false }, options)
  return Promise.all(
    indices.map(async (i) => {
      const bytes = await deps.chunks.read(refs[i]?.digest ?? digestOf(new Uint8Array()))
      if (bytes === undefined) throw new ShoalError('NO_SOURCE', 'a chunk of the manifest was not delivered')
      return bytes
    }),
  )
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
