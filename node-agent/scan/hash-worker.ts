import { hash } from 'node:crypto'
import { readSync } from 'node:fs'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { MAX_CHUNK_BYTES, nextBoundary } from '../../protocol/content/index.ts'

/** Files to be read, by descriptors of this process; the other side closes them. Together at most SEGMENT_BYTES, or one file of any size. */
export interface HashJob {
  readonly files: readonly { readonly fd: number; readonly size: number }[]
}

/** Chunks that follow each other in `bytes`, of the file at `file` in the job. `end`: the file ends with them; `read`: its bytes in all. */
export interface HashedSegment {
  readonly file: number
  readonly digests: readonly string[]
  readonly sizes: readonly number[]
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly end: boolean
  readonly read: number
}

/** Segments of a large file, and the most that small files have together. */
export const SEGMENT_BYTES = 2 * 1024 * 1024

/** Takes one unit of credit, waiting until the other side has given some. */
function spend(credit: Int32Array): void {
  for (;;) {
    const left = Atomics.load(credit, 0)
    if (left > 0 && Atomics.compareExchange(credit, 0, left, left - 1) === left) return
    if (left <= 0) Atomics.wait(credit, 0, left)
  }
}

/** Reads one file in segments and tells each. */
function hashFile(port: MessagePort, credit: Int32Array, file: number, { fd, size }: HashJob['files'][number]): void {
  let carry = new Uint8Array(0)
  let read = 0
  for (;;) {
    // One byte more than it should have shows a file that grew.
    const buffer = new Uint8Array(carry.length + Math.min(SEGMENT_BYTES, Math.max(0, size - read) + 1))
    buffer.set(carry)
    let filled = carry.length
    while (filled < buffer.length) {
      const got = readSync(fd, buffer, filled, buffer.length - filled, read)
      if (got === 0) break
      filled += got
      read += got
    }
    const end = filled < buffer.length || read > size
    const digests: string[] = []
    const sizes: number[] = []
    let at = 0
    while (at < filled && (end || filled - at >= MAX_CHUNK_BYTES)) {
      const length = nextBoundary(buffer, at, filled)
      digests.push(hash('sha256', buffer.subarray(at, at + length), 'hex'))
      sizes.push(length)
      at += length
    }
    carry = buffer.slice(at, filled)
    spend(credit)
    const segment: HashedSegment = { file, digests, sizes, bytes: buffer, end, read }
    port.postMessage(segment, [buffer.buffer])
    if (end) return
  }
}

const port = parentPort
const credit: unknown = workerData
if (port !== null && credit instanceof Int32Array) {
  port.on('message', ({ files }: HashJob) => {
    for (const [file, one] of files.entries()) hashFile(port, credit, file, one)
    port.postMessage(undefined)
  })
}
