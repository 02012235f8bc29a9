import type { Digest } from '../ids/index.ts'
import type { ChunkRef, Manifest } from './types.ts'

/** Every distinct chunk of a manifest, in the order of first use: the numbering of have-bitmaps. */
export function distinctChunks(manifest: Manifest): readonly ChunkRef[] {
  const seen = new Map<Digest, ChunkRef>()
  for (const entry of manifest.entries) {
    if (entry.kind !== 'file') continue
    for (const ref of entry.chunks) if (!seen.has(ref.digest)) seen.set(ref.digest, ref)
  }
  return [...seen.values()]
}

/** Sum of file sizes, bytes; further names of one inode count once. */
export const treeBytes = (manifest: Manifest): number =>
  manifest.entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0)
