import { closeSync } from 'node:fs'
import type { ChunkRef, TreePath } from '../../protocol/index.ts'
import { fstat, type TreeRoot, type TreeStat } from '../fs/index.ts'
import { HashPool } from './hash-pool.ts'
import { SEGMENT_BYTES } from './hash-worker.ts'
import type { Pacer } from './pacer.ts'
import { changedWhileRead, type ChunkSink, readFileChunks, sameState } from './read-file.ts'

/** Below this, starting threads takes longer than they save. */
const WORTH_BYTES = 32 * 1024 * 1024
/** Files of one job: their descriptors are open together. */
const FILES_PER_JOB = 64

export interface FileToRead {
  readonly path: TreePath
  readonly stat: TreeStat
}

/**
 * Reads and chunks files, on all cores when there is much to read.
 *
 * @param init   `sink` gets every chunk, several at the same time
 *               `onFile`: a file was read
 * @throws SOURCE_CHANGED when a file is not what `stat` said before, while or after it was read, CANCELLED, what the sink throws
 */
export async function readFiles(
  root: TreeRoot,
  files: readonly FileToRead[],
  pacer: Pacer,
  { sink, onFile }: { readonly sink: ChunkSink | undefined; readonly onFile: () => void },
): Promise<ReadonlyMap<TreePath, readonly ChunkRef[]>> {
  const chunks = new Map<TreePath, readonly ChunkRef[]>()
  if (files.reduce((sum, { stat }) => sum + stat.size, 0) < WORTH_BYTES) {
    for (const { path, stat } of files) {
      chunks.set(path, (await readFileChunks(root, path, stat, pacer, sink)).chunks)
      onFile()
    }
    return chunks
  }
  const pool = new HashPool()
  const jobs = jobsOf(files)
  const open = new Set<number>()
  // Cancelling and progress reach into the largest file.
  const take: ChunkSink = async (ref, bytes) => {
    await sink?.(ref, bytes)
    await pacer.did(bytes.length)
  }
  const work = async (): Promise<void> => {
    for (let job = jobs.next(); job.done !== true; job = jobs.next()) await readJob(job.value)
  }
  const readJob = async (job: readonly FileToRead[]): Promise<void> => {
    const fds = job.map(({ path, stat }) => openUnchanged(root, path, stat, open))
    const read = await pool.hash(
      job.map(({ stat: { size } }, i) => ({ fd: fds[i] ?? -1, size })),
      take,
    )
    for (const [i, { path, stat }] of job.entries()) {
      const [fd, file] = [fds[i] ?? -1, read[i]]
      if (file?.read !== stat.size || !sameState(fstat(fd), stat)) throw changedWhileRead(path)
      closeSync(fd)
      open.delete(fd)
      chunks.set(path, file.chunks)
      onFile()
    }
  }
  // One job more than there are workers: the next is open while they read.
  const running = Array.from({ length: pool.width + 1 }, work)
  try {
    await Promise.all(running)
  } finally {
    await pool.close()
    await Promise.allSettled(running)
    // No thread reads any more: only now may a number be used for another file.
    for (const fd of open) closeSync(fd)
  }
  return chunks
}

function openUnchanged(root: TreeRoot, path: TreePath, stat: TreeStat, open: Set<number>): number {
  const fd = root.openRead(path)
  open.add(fd)
  if (!sameState(fstat(fd), stat)) throw changedWhileRead(path)
  return fd
}

/** Large files alone, small ones together. */
function* jobsOf(files: readonly FileToRead[]): Generator<readonly FileToRead[], undefined> {
  let job: FileToRead[] = []
  let bytes = 0
  for (const file of files) {
    if (job.length > 0 && (job.length >= FILES_PER_JOB || bytes + file.stat.size > SEGMENT_BYTES)) {
      yield job
      job = []
      bytes = 0
    }
    job.push(file)
    bytes += file.stat.size
  }
  if (job.length > 0) yield job
  return undefined
}
