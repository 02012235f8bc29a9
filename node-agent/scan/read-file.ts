import { hash } from 'node:crypto'
import { closeSync, readSync } from 'node:fs'
import { Chunker, type ChunkRef, parseDigest, quotePath, ShoalError, type TreePath } from '../../protocol/index.ts'
import { fstat, type TreeRoot, type TreeStat } from '../fs/index.ts'
import type { Pacer } from './pacer.ts'

const READ_BYTES = 1024 * 1024

/** Receives each chunk as it is read, those of one file in order; the bytes are valid only until it resolves. */
export type ChunkSink = (ref: ChunkRef, bytes: Uint8Array, path: TreePath) => Promise<void> | void

/** What reading one file gave: its chunks, and the stat under which all of it was read. */
export interface ReadFile {
  readonly chunks: readonly ChunkRef[]
  readonly stat: TreeStat
}

/** Nothing about the file has changed. */
export const sameState = (a: TreeStat, b: TreeStat): boolean =>
  a.inode === b.inode &&
  a.device === b.device &&
  a.size === b.size &&
  a.mtimeNs === b.mtimeNs &&
  a.ctimeNs === b.ctimeNs

export const changedWhileRead = (path: TreePath): ShoalError =>
  new ShoalError('SOURCE_CHANGED', `${quotePath(path)} changed while it was read; nothing was kept of this attempt`)

/**
 * Reads and chunks one regular file that `stat` described.
 * @throws SOURCE_CHANGED when it is not the same file with the same size and times before, while and after it was read
 */
export async function readFileChunks(
  root: TreeRoot,
  path: TreePath,
  stat: TreeStat,
  pacer: Pacer,
  sink: ChunkSink | undefined,
): Promise<ReadFile> {
  const fd = root.openRead(path)
  try {
    if (!sameState(fstat(fd), stat)) throw changedWhileRead(path)
    const chunks: ChunkRef[] = []
    const chunker = new Chunker()
    const take = async (list: readonly Uint8Array[]): Promise<void> => {
      for (const bytes of list) {
        const ref = { digest: parseDigest(hash('sha256', bytes, 'hex')), size: bytes.length }
        chunks.push(ref)
        await sink?.(ref, bytes, path)
      }
    }
    const buffer = new Uint8Array(Math.min(READ_BYTES, stat.size + 1))
    let total = 0
    for (;;) {
      const read = readSync(fd, buffer, 0, buffer.length, total)
      if (read === 0) break
      total += read
      if (total > stat.size) throw changedWhileRead(path)
      await take(chunker.push(buffer.subarray(0, read)))
      await pacer.did(read)
    }
    await take(chunker.flush())
    if (total !== stat.size || !sameState(fstat(fd), stat)) throw changedWhileRead(path)
    return { chunks, stat }
  } finally {
    closeSync(fd)
  }
}
