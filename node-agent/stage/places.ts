import {
  baseName,
  type ChunkRef,
  type Digest,
  joinPath,
  parentPath,
  ROOT_PATH,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import { slotPath } from './area.ts'
import type { StagingRequest } from './types.ts'

/** Where a chunk belongs: a range of a staged file. */
export interface Place {
  readonly path: TreePath
  /** Bytes from the start of the file. */
  readonly offset: number
  /** An earlier attempt left the file, so that the chunk may be there already. */
  readonly reused: boolean
  /** The range reads as zeros until it is written, and zeros need not be. */
  readonly hollow: boolean
}

/** Every place of every chunk, with the chunk's size in bytes. */
export class Places {
  readonly #places = new Map<Digest, { readonly size: number; readonly at: Place[] }>()

  /** @throws MANIFEST_SIZE_MISMATCH when the release states two sizes for one chunk: writing it would spill into its neighbour */
  add(chunks: readonly ChunkRef[], file: Omit<Place, 'offset'>): void {
    let offset = 0
    for (const { digest, size } of chunks) {
      const known = this.#places.get(digest)
      if (known !== undefined && known.size !== size) {
        throw new ShoalError(
          'MANIFEST_SIZE_MISMATCH',
          `the release states ${known.size} and ${size} bytes for one chunk`,
        )
      }
      if (known === undefined) this.#places.set(digest, { size, at: [{ ...file, offset }] })
      else known.at.push({ ...file, offset })
      offset += size
    }
  }

  of(digest: Digest): readonly Place[] {
    return this.#places.get(digest)?.at ?? []
  }

  sizeOf(digest: Digest): number | undefined {
    return this.#places.get(digest)?.size
  }
}

/** Staged path of every entry that is staged, by its path in the release, parents first. */
export function stagedPaths({ manifest, key, slots, area }: StagingRequest): ReadonlyMap<TreePath, TreePath> {
  const staged = new Map<TreePath, TreePath>()
  for (const { slot, entry, beneath } of slots) {
    const top = manifest.entries[entry]
    if (top === undefined) throw new TypeError('a slot names no entry')
    const base = slotPath(key, slot, area)
    staged.set(top.path, base)
    for (const index of beneath) {
      const path = manifest.entries[index]?.path
      if (path !== undefined)
        staged.set(path, joinPath(base, top.path === ROOT_PATH ? path : path.slice(top.path.length + 1)))
    }
  }
  return staged
}

/** Names in each directory that holds one of the paths. */
export function childrenOf(paths: Iterable<TreePath>): ReadonlyMap<TreePath, ReadonlySet<string>> {
  const children = new Map<TreePath, Set<string>>()
  for (const path of paths) {
    const parent = parentPath(path)
    const names = children.get(parent)
    if (names === undefined) children.set(parent, new Set([baseName(path)]))
    else names.add(baseName(path))
  }
  return children
}
