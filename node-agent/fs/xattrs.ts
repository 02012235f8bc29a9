import { toByteString, type TreePath, type Xattr } from '../../protocol/index.ts'
import { systemError } from './errno.ts'
import { cString, type Libc } from './libc.ts'

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel. */
const MAX_BYTES = 64 * 1024

/** The file system has no attributes, or none on this kind of inode. */
const NONE = new Set(['ENOTSUP', 'EPERM', 'EACCES'])

/**
 * Attributes that belong to an inode's content and can travel (FS-9): users' own, POSIX ACLs, file capabilities, and an administrator's own
 * `trusted.` ones. All others are this machine's security policy or the inner workings of its file system: SELinux labels, IMA hashes, NFS and
 * SMB ACLs, overlay marks, btrfs and ceph properties, and the form in which XFS shows its access control lists once more.
 */
export const travels = (name: string): boolean =>
  name.startsWith('user.') ||
  (name.startsWith('trusted.') && !name.startsWith('trusted.overlay.') && !name.startsWith('trusted.SGI_')) ||
  name === 'security.capability' ||
  name === 'system.posix_acl_access' ||
  name === 'system.posix_acl_default'

type ListCall = Libc['listxattr']
type GetCall = Libc['getxattr']

/** Reads extended attributes into a buffer of its own. */
export class XattrReader {
  readonly #libc: Libc
  readonly #scratch = Buffer.alloc(MAX_BYTES)

  constructor(libc: Libc) {
    this.#libc = libc
  }

  /** Of the inode named by `file`, `/proc/self/fd/DIRECTORY/NAME` with its NUL; a symlink of that name is not followed. Sorted by name. */
  readAt(file: Buffer, path: TreePath): Xattr[] {
    return this.#read(file, path, this.#libc.llistxattr, this.#libc.lgetxattr)
  }

  /** Of the inode open as `file`, `/proc/self/fd/INODE` with its NUL. */
  readOpen(file: Buffer, path: TreePath): Xattr[] {
    return this.#read(file, path, this.#libc.listxattr, this.#libc.getxattr)
  }

  #read(file: Buffer, path: TreePath, list: ListCall, get: GetCall): Xattr[] {
    const length = list(file, this.#scratch, MAX_BYTES)
    if (length === 0) return []
    if (length < 0) {
      const errno = this.#libc.errno()
      if (NONE.has(errno)) return []
      throw systemError('listxattr', path, errno)
    }
    const names = toByteString(this.#scratch.subarray(0, length)).split('\0').filter(travels)
    return names.toSorted().flatMap((name) => this.#value(file, path, name, get))
  }

  #value(file: Buffer, path: TreePath, name: string, get: GetCall): Xattr[] {
    const size = get(file, cString(name), this.#scratch, MAX_BYTES)
    if (size >= 0) return [{ name, value: new Uint8Array(this.#scratch.subarray(0, size)) }]
    const errno = this.#libc.errno()
    // Removed since it was listed.
    if (errno === 'ENODATA') return []
    throw systemError(`getxattr ${name}`, path, errno)
  }
}
