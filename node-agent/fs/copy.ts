import * as fs from 'node:fs'
import { ROOT_PATH } from '../../protocol/index.ts'
import { nodeError, systemError } from './errno.ts'
import type { Libc } from './libc.ts'

/** _IOW(0x94, 13, struct file_clone_range) */
const FICLONERANGE = 0x4020940d
/** Ranges are shared in whole blocks of the file system, mostly of this size. */
const CLONE_BLOCK_BYTES = 4096
const SLICE_BYTES = 1 << 20

/** Errors that reading and writing would meet too. Others say that the kernel or file system cannot copy by itself. */
const REAL = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG', 'EROFS'])

/** A range of one open file and where it goes in another. Bytes. */
export interface CopyRange {
  readonly fromFd: number
  readonly fromOffset: number
  readonly toFd: number
  readonly toOffset: number
  readonly length: number
}

/**
 * Copies exactly the range: shares its blocks (reflink) where both files allow it, else lets the kernel copy, else reads and writes.
 * @throws FILE_SYSTEM when the source ends before, NO_SPACE
 */
export function copyRange(libc: Libc, range: CopyRange): void {
  if (cloneRange(libc, range)) return
  const copied = copyInKernel(libc, range)
  if (copied < range.length) copyByReading(range, copied)
}

/** Shares the range's blocks. @returns false when the file system cannot, or the range does not lie on whole blocks */
export function cloneRange(libc: Libc, { fromFd, fromOffset, toFd, toOffset, length }: CopyRange): boolean {
  const aligned = [fromOffset, toOffset, length].every((n) => n % CLONE_BLOCK_BYTES === 0)
  if (!aligned || length === 0) return false
  const argument = BigInt64Array.of(BigInt(fromFd), BigInt(fromOffset), BigInt(length), BigInt(toOffset))
  return libc.ioctl(toFd, FICLONERANGE, argument) === 0
}

function copyInKernel(libc: Libc, { fromFd, fromOffset, toFd, toOffset, length }: CopyRange): number {
  const [from, to] = [BigInt64Array.of(BigInt(fromOffset)), BigInt64Array.of(BigInt(toOffset))]
  let done = 0
  while (done < length) {
    const copied = libc.copyFileRange(fromFd, from, toFd, to, length - done)
    if (copied > 0) done += copied
    else {
      if (copied < 0 && REAL.has(libc.errno())) throw systemError('copy_file_range', ROOT_PATH, libc.errno())
      break
    }
  }
  return done
}

function copyByReading({ fromFd, fromOffset, toFd, toOffset, length }: CopyRange, start: number): void {
  const buffer = Buffer.alloc(Math.min(length - start, SLICE_BYTES))
  try {
    for (let done = start; done < length;) {
      const read = fs.readSync(fromFd, buffer, 0, Math.min(buffer.length, length - done), fromOffset + done)
      if (read === 0) throw systemError('read', ROOT_PATH, 'unexpected end of file')
      for (let written = 0; written < read;) {
        written += fs.writeSync(toFd, buffer, written, read - written, toOffset + done + written)
      }
      done += read
    }
  } catch (err) {
    throw nodeError('copy', ROOT_PATH, err)
  }
}
