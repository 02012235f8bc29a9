import * as fs from 'node:fs'
import { isShoalError, joinPath, type TreePath } from '../../protocol/index.ts'
import { cloneRange } from './copy.ts'
import { errnoOf } from './errno.ts'
import { libc } from './libc.ts'
import type { FsCapabilities, TreeRoot } from './types.ts'

const BLOCK_BYTES = 4096
const PROBE_XATTR = { name: 'user.shoal.probe', value: Uint8Array.of(1) }

/** What a file system says of what it cannot do. NFS refuses flags of a rename with EINVAL, FAT hardlinks with EPERM. */
const CANNOT = new Set(['EINVAL', 'ENOSYS', 'EPERM', 'ENOTSUP', 'EMLINK'])

/**
 * Finds out by trying, in a directory of its own inside `area`, which must be private to this process and on the tree's file system.
 * @throws NO_SPACE, TARGET_READ_ONLY, FILE_SYSTEM
 */
export function probeCapabilities(root: TreeRoot, area: TreePath): FsCapabilities {
  const probe = joinPath(area, 'probe')
  clear(root, probe)
  root.mkdir(probe, 0o700)
  try {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => joinPath(probe, name))
    if (a === undefined || b === undefined || c === undefined) throw new TypeError('three names')
    const reflink = canClone(root, a, b)
    // Before the further name, with which it would be refused.
    const xattrs = root.setMetadata(a, { ...KEEP_ALL, xattrs: [PROBE_XATTR] }).length === 0
    return {
      reflink,
      xattrs,
      exchange: can(() => root.rename(a, b, 'exchange')),
      noReplace: can(() => root.rename(b, c, 'no-replace')),
      hardlinks: can(() => root.link(a, b)),
      beneath: true,
    }
  } finally {
    clear(root, probe)
  }
}

const KEEP_ALL = { uid: undefined, gid: undefined, mode: undefined, mtimeNs: undefined } as const

function can(attempt: () => void): boolean {
  try {
    attempt()
    return true
  } catch (err) {
    if (isShoalError(err) && CANNOT.has(errnoOf(err) ?? '')) return false
    throw err
  }
}

/** Makes both files. */
function canClone(root: TreeRoot, a: TreePath, b: TreePath): boolean {
  const fromFd = root.createFile(a)
  try {
    fs.writeSync(fromFd, new Uint8Array(BLOCK_BYTES))
    const toFd = root.createFile(b)
    try {
      return cloneRange(libc(), { fromFd, fromOffset: 0, toFd, toOffset: 0, length: BLOCK_BYTES })
    } finally {
      fs.closeSync(toFd)
    }
  } finally {
    fs.closeSync(fromFd)
  }
}

/** Removes what a probe made, an earlier one that was cut off included. */
function clear(root: TreeRoot, probe: TreePath): void {
  if (root.lstat(probe) === undefined) return
  for (const name of root.readdir(probe)) root.unlink(joinPath(probe, name))
  root.rmdir(probe)
}
