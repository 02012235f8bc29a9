import { hash } from 'node:crypto'
import { closeSync, readSync, writeSync } from 'node:fs'
import { type Digest, ShoalError } from '../../protocol/index.ts'
import { readIfThere, type TreeRoot } from '../fs/index.ts'
import type { Place } from './places.ts'

const HOLE_BYTES = 4096
const ZEROS = new Uint8Array(HOLE_BYTES)

/** The chunk's bytes if this place holds them; undefined when it does not, or may not be read any more. */
export function readPlace(
  root: TreeRoot,
  { path, offset }: Place,
  size: number,
  digest: Digest,
): Uint8Array | undefined {
  return readIfThere(root, path, (fd) => {
    const bytes = new Uint8Array(size)
    return readSync(fd, bytes, 0, size, offset) === size && hash('sha256', bytes, 'hex') === digest ? bytes : undefined
  })
}

/** Writes a chunk to one place. @throws NO_SPACE, FILE_SYSTEM */
export function writePlace(root: TreeRoot, { path, offset, hollow }: Place, bytes: Uint8Array): void {
  const fd = root.openWrite(path)
  try {
    if (hollow) writeAroundHoles(fd, bytes, offset)
    else writeRange(fd, bytes, offset)
  } catch (err) {
    throw writeError(err)
  } finally {
    closeSync(fd)
  }
}

function writeRange(fd: number, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, offset + at)
}

/** Leaves out zeros, in whole blocks at the file's own block borders, and in parts of blocks where the chunk begins and ends: its neighbours write the rest. */
function writeAroundHoles(fd: number, bytes: Uint8Array, offset: number): void {
  let from = 0
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + HOLE_BYTES - ((offset + at) % HOLE_BYTES))
    if (Buffer.compare(bytes.subarray(at, end), ZEROS.subarray(0, end - at)) === 0) {
      writeRange(fd, bytes.subarray(from, at), offset + from)
      from = end
    }
    at = end
  }
  writeRange(fd, bytes.subarray(from), offset + from)
}

function writeError(err: unknown): ShoalError {
  const errno = err instanceof Error && 'code' in err ? String(err.code) : String(err)
  return errno === 'ENOSPC' || errno === 'EDQUOT'
    ? new ShoalError(
        'NO_SPACE',
        'the target’s file system is full; the live tree is untouched, what is staged is kept',
        { cause: err },
      )
    : new ShoalError('FILE_SYSTEM', `cannot write in staging: ${errno}; the live tree is untouched`, { cause: err })
}
