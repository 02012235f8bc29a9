import * as fs from 'node:fs'
import { type TreePath, toByteString, type Xattr } from '../../protocol/index.ts'
import { systemError } from './errno.ts'
import type { Libc } from './libc.ts'
import type { InodeMetadata, MetadataRefusal } from './types.ts'

const AT_FDCWD = -100
const UTIME_OMIT = 0x3ffffffen
const BILLION = 1_000_000_000n
const LIST_BYTES = 64 * 1024

const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1')
const terminated = (path: Buffer): Buffer => Buffer.concat([path, Buffer.from([0])])

/** Attributes that belong to the host's own security policy and cannot travel. */
const LOCAL_XATTRS = new Set(['security.selinux', 'security.ima', 'security.evm', 'system.nfs4_acl'])

const REFUSED = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'])

/** Extended attributes of the inode behind `target` (a path below /proc/self/fd), sorted by name; none where they are not supported. */
export function readXattrs(libc: Libc, target: Buffer, path: TreePath): Xattr[] {
  const file = terminated(target)
  const list = Buffer.alloc(LIST_BYTES)
  const length = libc.listxattr(file, list, list.length)
  if (length < 0) {
    if (REFUSED.has(libc.errno())) return []
    throw systemError('listxattr', path, libc.errno())
  }
  const names = toByteString(list.subarray(0, Number(length)))
    .split('\0')
    .filter((name) => name !== '' && !LOCAL_XATTRS.has(name))
  return names.toSorted().map((name) => {
    const value = Buffer.alloc(LIST_BYTES)
    const size = libc.getxattr(file, cString(name), value, value.length)
    if (size < 0) throw systemError(`getxattr ${name}`, path, libc.errno())
    return { name, value: new Uint8Array(value.subarray(0, Number(size))) }
  })
}

/** See TreeRoot.setMetadata; `target` is the inode's own path below /proc/self/fd, so no symlink is ever followed. */
export function applyMetadata(libc: Libc, target: Buffer, path: TreePath, metadata: InodeMetadata): MetadataRefusal[] {
  const refusals: MetadataRefusal[] = []
  const attempt = (what: MetadataRefusal['what'], act: () => string | undefined): void => {
    const errno = act()
    if (errno === undefined) return
    if (!REFUSED.has(errno)) throw systemError(`set ${what}`, path, errno)
    refusals.push({ what, detail: errno })
  }
  const { uid, gid, mode, xattrs, mtimeNs } = metadata
  if (uid !== undefined || gid !== undefined) {
    attempt('owner', () => nodeErrno(() => setOwner(target, uid, gid)))
  }
  if (mode !== undefined) attempt('mode', () => nodeErrno(() => fs.chmodSync(target, mode)))
  if (xattrs !== undefined) for (const act of xattrChanges(libc, target, path, xattrs)) attempt('xattr', act)
  if (mtimeNs !== undefined) {
    const times = BigInt64Array.of(0n, UTIME_OMIT, floorDiv(mtimeNs), mtimeNs - floorDiv(mtimeNs) * BILLION)
    attempt('times', () => (libc.utimensat(AT_FDCWD, terminated(target), times, 0) === 0 ? undefined : libc.errno()))
  }
  return refusals
}

const floorDiv = (ns: bigint): bigint => (ns >= 0n ? ns / BILLION : -((-ns + BILLION - 1n) / BILLION))

/** Changes the owner only where it differs: a process without root may keep what is right already. */
function setOwner(target: Buffer, uid: number | undefined, gid: number | undefined): void {
  const now = fs.statSync(target)
  const [wantedUid, wantedGid] = [uid ?? now.uid, gid ?? now.gid]
  if (wantedUid !== now.uid || wantedGid !== now.gid) fs.chownSync(target, wantedUid, wantedGid)
}

function nodeErrno(act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (err) {
    return err instanceof Error && 'code' in err ? String(err.code) : String(err)
  }
}

function xattrChanges(
  libc: Libc,
  target: Buffer,
  path: TreePath,
  wanted: readonly Xattr[],
): readonly (() => string | undefined)[] {
  const file = terminated(target)
  const present = new Map(readXattrs(libc, target, path).map((x) => [x.name, x.value]))
  const changes: (() => string | undefined)[] = []
  for (const { name, value } of wanted) {
    const now = present.get(name)
    present.delete(name)
    if (now !== undefined && Buffer.from(now).equals(value)) continue
    changes.push(() => (libc.setxattr(file, cString(name), value, value.length, 0) === 0 ? undefined : libc.errno()))
  }
  for (const name of present.keys()) {
    changes.push(() => (libc.removexattr(file, cString(name)) === 0 ? undefined : libc.errno()))
  }
  return changes
}
