import * as fs from 'node:fs'
import type { TreePath, Xattr } from '../../protocol/index.ts'
import { errnoOf, systemError } from './errno.ts'
import { cString, type Libc } from './libc.ts'
import type { InodeMetadata, MetadataRefusal } from './types.ts'
import type { XattrReader } from './xattrs.ts'

const AT_FDCWD = -100
const UTIME_OMIT = 0x3ffffffen
/** Setuid and setgid. */
const SET_IDS = 0o6000
const BILLION = 1_000_000_000n

/** This process may not, or this file system cannot: told, not thrown. */
const REFUSED = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EINVAL', 'EOVERFLOW'])
/** The same for attributes, which some file systems keep in one block. */
const XATTR_REFUSED = new Set([...REFUSED, 'E2BIG', 'ERANGE'])

/** One inode, open as O_PATH. */
export interface OpenInode {
  readonly fd: number
  readonly path: TreePath
}

type Errno = string | undefined

/** Sets metadata on inodes through their own descriptors, so that no symlink is ever followed. See TreeRoot.setMetadata. */
export class MetadataSetter {
  readonly #libc: Libc
  readonly #xattrs: XattrReader

  constructor(libc: Libc, xattrs: XattrReader) {
    this.#libc = libc
    this.#xattrs = xattrs
  }

  apply({ fd, path }: OpenInode, { uid, gid, mode, xattrs, mtimeNs }: InodeMetadata): MetadataRefusal[] {
    const file = Buffer.from(`/proc/self/fd/${fd}`)
    const refusals: MetadataRefusal[] = []
    const note = (what: MetadataRefusal['what'], errno: Errno, detail = errno): void => {
      if (errno === undefined) return
      const refused = what === 'xattr' ? XATTR_REFUSED.has(errno) || noRoom(file, errno) : REFUSED.has(errno)
      if (!refused) throw systemError(`set ${what}`, path, errno)
      refusals.push({ what, detail: detail ?? errno })
    }
    if (uid !== undefined || gid !== undefined)
      note(
        'owner',
        tried(() => setOwner(file, uid, gid)),
      )
    let finalMode = mode
    if (mode !== undefined && (mode & SET_IDS) !== 0 && refusals.length > 0) {
      // With another owner than the release's, these bits would give its users the rights of somebody else.
      finalMode = mode & ~SET_IDS
      note('mode', 'EPERM', 'setuid and setgid without their owner')
    }
    for (const { name, act } of xattrs === undefined ? [] : this.#changes(fd, path, xattrs)) {
      let errno = act()
      if (errno === 'EACCES') {
        // Its owner may not write to it, so not to its attributes either: allowed for as long as it takes.
        finalMode ??= fs.statSync(file).mode & 0o7777
        errno = tried(() => fs.chmodSync(file, (finalMode ?? 0) | 0o200)) ?? act()
      }
      note('xattr', errno, `${name} ${errno}`)
    }
    if (finalMode !== undefined)
      note(
        'mode',
        tried(() => fs.chmodSync(file, finalMode ?? 0)),
      )
    if (mtimeNs !== undefined) note('times', this.#setTime(fd, mtimeNs))
    return refusals
  }

  #setTime(fd: number, mtimeNs: bigint): Errno {
    const seconds = mtimeNs >= 0n ? mtimeNs / BILLION : -((-mtimeNs + BILLION - 1n) / BILLION)
    const times = BigInt64Array.of(0n, UTIME_OMIT, seconds, mtimeNs - seconds * BILLION)
    const errno = this.#result(this.#libc.utimensat(AT_FDCWD, cString(`/proc/self/fd/${fd}`), times, 0))
    // A file system cuts off what it cannot keep, without a word: fractions of a second, years after 2038.
    return errno ?? (fs.fstatSync(fd, { bigint: true }).mtimeNs === mtimeNs ? undefined : 'EOVERFLOW')
  }

  #result(result: number): Errno {
    return result === 0 ? undefined : this.#libc.errno()
  }

  /** What has to be set and removed so that exactly the wanted attributes are there. */
  #changes(
    fd: number,
    path: TreePath,
    wanted: readonly Xattr[],
  ): { readonly name: string; readonly act: () => Errno }[] {
    const file = cString(`/proc/self/fd/${fd}`)
    const present = new Map(this.#xattrs.readOpen(file, path).map((x) => [x.name, x.value]))
    const changes: { readonly name: string; readonly act: () => Errno }[] = []
    for (const { name, value } of wanted) {
      const now = present.get(name)
      present.delete(name)
      if (now !== undefined && Buffer.compare(now, value) === 0) continue
      changes.push({
        name,
        act: () => this.#result(this.#libc.setxattr(file, cString(name), value, value.length, 0)),
      })
    }
    for (const name of present.keys()) {
      changes.push({ name, act: () => this.#result(this.#libc.removexattr(file, cString(name))) })
    }
    return changes
  }
}

/** Attributes did not fit although the file system is not full: they are too large for it. */
function noRoom(file: Buffer, errno: string): boolean {
  return errno === 'ENOSPC' && fs.statfsSync(file).bavail > 0
}

/** Changes the owner only where it differs: a process without root may keep what is right already. */
function setOwner(file: Buffer, uid: number | undefined, gid: number | undefined): void {
  const now = fs.statSync(file)
  const [wantedUid, wantedGid] = [uid ?? now.uid, gid ?? now.gid]
  if (wantedUid !== now.uid || wantedGid !== now.gid) fs.chownSync(file, wantedUid, wantedGid)
}

function tried(act: () => void): Errno {
  try {
    act()
    return undefined
  } catch (err) {
    return errnoOf(err) ?? String(err)
  }
}
