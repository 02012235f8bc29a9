import { hash } from 'node:crypto'
import { type Entry, type FileEntry, ShoalError } from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'

/** Space that stays free beyond what the release needs. */
const SPARE = 1.01
/** What file systems give out at least; a file of one byte takes as much. */
const BLOCK_BYTES = 4096
const SECTOR_BYTES = 512

/** An entry to be staged, and what an earlier attempt left in its place. */
export interface Wanted {
  readonly entry: Entry
  readonly present: TreeStat | undefined
}

/**
 * Checks that what is not staged yet will fit.
 * @throws NO_SPACE with the numbers
 */
export function checkSpace(root: TreeRoot, wanted: Iterable<Wanted>): void {
  let [bytes, inodes] = [0, 0]
  const zeros = new ZeroChunks()
  for (const { entry, present } of wanted) {
    if (present === undefined && entry.kind !== 'hardlink') inodes++
    if (entry.kind === 'file') bytes += Math.max(0, bytesOnDisk(entry, zeros) - (present?.blocks ?? 0) * SECTOR_BYTES)
    else if (entry.kind === 'directory' && present === undefined) bytes += BLOCK_BYTES
  }
  const need = Math.ceil(bytes * SPARE)
  const { freeBytes, freeInodes } = root.space()
  if (need > freeBytes) {
    throw new ShoalError(
      'NO_SPACE',
      `this release needs ${need} bytes more on the target's file system, ${freeBytes} are free; nothing was changed`,
    )
  }
  // Some file systems (btrfs) have no fixed number of inodes and state 0.
  if (freeInodes > 0 && inodes > freeInodes) {
    throw new ShoalError(
      'NO_SPACE',
      `this release needs ${inodes} inodes more, ${freeInodes} are free; nothing was changed`,
    )
  }
}

function bytesOnDisk({ size, sparse, chunks }: FileEntry, zeros: ZeroChunks): number {
  if (!sparse) return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
  let bytes = 0
  for (const [i, chunk] of chunks.entries()) {
    // A long hole is cut into equal chunks; looking at these only saves hashing zeros of every size.
    const repeats = chunk.digest === chunks[i - 1]?.digest || chunk.digest === chunks[i + 1]?.digest
    if (!repeats || zeros.digest(chunk.size) !== chunk.digest) bytes += chunk.size
  }
  return bytes
}

/** Digests of zeros, by length. */
class ZeroChunks {
  readonly #digests = new Map<number, string>()

  digest(size: number): string {
    const known = this.#digests.get(size)
    if (known !== undefined) return known
    const digest = hash('sha256', new Uint8Array(size), 'hex')
    this.#digests.set(size, digest)
    return digest
  }
}
