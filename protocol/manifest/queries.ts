import type { Digest, TreePath } from '../ids/index.ts'
import { sameEntry } from './same.ts'
import type { ChunkRef, Entry, Manifest } from './types.ts'

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

/** Index of a path in the first `count` of a list in path order; -1 when it is not there. */
export function pathIndex(list: readonly { readonly path: string }[], path: string, count = list.length): number {
  let [from, to] = [0, count]
  while (from < to) {
    const middle = (from + to) >>> 1
    const at = list[middle]?.path
    if (at === path) return middle
    if (at !== undefined && at < path) from = middle + 1
    else to = middle
  }
  return -1
}

/** The entry of a path among the first `count` of some in path order. */
export const findEntry = (entries: readonly Entry[], path: TreePath, count?: number): Entry | undefined =>
  entries[pathIndex(entries, path, count)]

/** Answers with the known entry where it is equal; asked in path order, of a list in path order. */
export function sharingWith(known: readonly Entry[]): (entry: Entry) => Entry {
  let at = 0
  return (entry) => {
    let other = known[at]
    while (other !== undefined && other.path < entry.path) other = known[++at]
    return other !== undefined && sameEntry(other, entry) ? other : entry
  }
}
