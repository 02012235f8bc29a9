import { closeSync } from 'node:fs'
import { type ChunkRef, isShoalError, ROOT_PATH, type ShoalError, type TreePath } from '../../protocol/index.ts'
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

export interface ReadFilesInit {
  /** Gets every chunk, of several files at the same time. */
  readonly sink: ChunkSink | undefined
  /** A file was read. */
  readonly onFile: (path: TreePath, chunks: readonly ChunkRef[]) => void
  /** Takes a file that cannot be read, or is not what `stat` said, and the others are read; without it that ends the reading. */
  readonly onProblem?: (path: TreePath, error: ShoalError) => void
}

/**
 * Reads and chunks files, on all cores when there is much to read.
 *
 * @throws SOURCE_CHANGED when a file is not what `stat` said before, while or after it was read, CANCELLED, what the sink throws
 */
export async function readFiles(
  root: TreeRoot,
  files: readonly FileToRead[],
  pacer: Pacer,
  { sink, onFile, onProblem }: ReadFilesInit,
): Promise<ReadonlyMap<TreePath, readonly ChunkRef[]>> {
  const chunks = new Map<TreePath, readonly ChunkRef[]>()
  const tell = (path: TreePath, err: unknown): void => {
    if (onProblem === undefined || !isShoalError(err) || !OF_THE_FILE.has(err.code)) throw err
    onProblem(path, err)
  }
  if (files.reduce((sum, { stat }) => sum + stat.size, 0) < WORTH_BYTES) {
    for (const { path, stat } of files) {
      try {
        const read = (await readFileChunks(root, path, stat, pacer, sink)).chunks
        chunks.set(path, read)
        onFile(path, read)
      } catch (err) {
        tell(path, err)
      }
    }
    return chunks
  }
  const pool = new HashPool()
  const jobs = jobsOf(files)
  const open = new Set<number>()
  // Cancelling and progress reach into the largest file.
  const take: ChunkSink = async (ref, bytes, path) => {
    await sink?.(ref, bytes, path)
    await pacer.did(bytes.length)
  }
  const work = async (): Promise<void> => {
    for (let job = jobs.next(); job.done !== true; job = jobs.next()) await readJob(job.value)
  }
  const openJob = (files: readonly FileToRead[]): readonly OpenFile[] =>
    files.flatMap(({ path, stat }) => {
      try {
        return [{ path, stat, fd: openUnchanged(root, path, stat, open) }]
      } catch (err) {
        tell(path, err)
        return []
      }
    })
  const readJob = async (files: readonly FileToRead[]): Promise<void> => {
    const job = openJob(files)
    if (job.length === 0) return
    const read = await pool.hash(
      job.map(({ fd, stat: { size } }) => ({ fd, size })),
      (ref, bytes, file) => take(ref, bytes, job[file]?.path ?? ROOT_PATH),
    )
    for (const [i, { path, stat, fd }] of job.entries()) {
      const file = read[i]
      const isWhole = file?.read === stat.size && sameState(fstat(fd), stat)
      closeSync(fd)
      open.delete(fd)
      if (file === undefined || !isWhole) {
        tell(path, changedWhileRead(path))
        continue
      }
      chunks.set(path, file.chunks)
      onFile(path, file.chunks)
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

/** What concerns one file and says nothing of the others. */
const OF_THE_FILE: ReadonlySet<string> = new Set(['SOURCE_CHANGED', 'FILE_SYSTEM', 'PATH_ESCAPES'])

interface OpenFile extends FileToRead {
  readonly fd: number
}

function openUnchanged(root: TreeRoot, path: TreePath, stat: TreeStat, open: Set<number>): number {
  const fd = root.openRead(path)
  open.add(fd)
  if (sameState(fstat(fd), stat)) return fd
  closeSync(fd)
  open.delete(fd)
  throw changedWhileRead(path)
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
