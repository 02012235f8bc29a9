import { statfsSync } from 'node:fs'
import { formatSize } from '../config/index.ts'
import type { findingsOf } from './finding.ts'
import type { Finding } from './types.ts'

/** Below these a release of ordinary size may not fit, or nothing at all. */
const LITTLE_BYTES = 2 ** 30
const NONE_BYTES = 16 * 2 ** 20
const LITTLE_SHARE = 0.02
const NONE_INODES = 100

/** Free bytes and inodes of the file system at `path`, as this process may use them. */
export function checkSpace(path: string, { ok, warn, fail }: ReturnType<typeof findingsOf>): Finding {
  const { bsize, blocks, bavail, files, ffree } = statfsSync(path)
  if (blocks === 0) return ok('this file system does not tell how much is free')
  const free = bavail * bsize
  // Some file systems (btrfs) have no fixed number of inodes and state 0.
  const inodes = files === 0 ? '' : ` and ${ffree} inodes`
  const found = `${formatSize(free)}${inodes} free`
  const advice = 'make room on this file system'
  if (free < NONE_BYTES || (files > 0 && ffree < NONE_INODES)) return fail(found, advice)
  if (free < LITTLE_BYTES || (files > 0 && ffree / files < LITTLE_SHARE)) return warn(found, advice)
  return ok(found)
}
