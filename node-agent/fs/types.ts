import type { TreePath, Xattr } from '../../protocol/index.ts'

/** What lstat says of one inode. Times in nanoseconds since the epoch. */
export interface TreeStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  readonly device: bigint
  readonly inode: bigint
  readonly links: number
  /** Permission bits with setuid, setgid, sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes. */
  readonly size: number
  /** 512-byte blocks in use: fewer than the size needs means the file has holes. */
  readonly blocks: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** How a rename treats what stands at the destination: atomically replaced, refused (TARGET_CONFLICT), or swapped with the source. */
export type RenameMode = 'replace' | 'no-replace' | 'exchange'

/** Owner and times to set on one inode without following a symlink. `undefined` leaves the value as it is. */
export interface InodeMetadata {
  readonly uid: number | undefined
  readonly gid: number | undefined
  /** Not for symlinks. */
  readonly mode: number | undefined
  /** The exact set wanted, sorted by name; others that travel are removed. undefined leaves all. */
  readonly xattrs: readonly Xattr[] | undefined
  readonly mtimeNs: bigint | undefined
}

/** One piece of metadata this process may not set, with the errno name. */
export interface MetadataRefusal {
  readonly what: 'owner' | 'mode' | 'xattr' | 'times'
  readonly detail: string
}

/**
 * A directory opened once. Every path resolves beneath it and never through a symlink, `..` or a magic link (openat2 with
 * RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS for the parent, then one component with *at calls and NOFOLLOW),
 * whatever somebody swaps meanwhile (FS-1). All calls are synchronous. Any failure is a ShoalError: PATH_ESCAPES, NO_SPACE,
 * TARGET_READ_ONLY, TARGET_CONFLICT, TARGET_MODIFIED, KERNEL_UNSUPPORTED or FILE_SYSTEM, its message naming call, path and errno.
 */
export interface TreeRoot {
  /** Absolute path it was opened at, for messages only; bytes as a byte string. */
  readonly path: string
  /** undefined when nothing stands there (ENOENT, or a parent is no directory). */
  lstat(path: TreePath): TreeStat | undefined
  /** Names as byte strings, unsorted, without `.` and `..`. */
  readdir(path: TreePath): string[]
  readlink(path: TreePath): string
  /** Those that travel (FS-9), sorted by name; of a symlink, its own. */
  listXattrs(path: TreePath): Xattr[]
  /** O_RDONLY | O_NOFOLLOW | O_NONBLOCK, refused unless a regular file. The caller closes. */
  openRead(path: TreePath): number
  /** O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW with mode 0600. The caller closes. */
  createFile(path: TreePath): number
  /** O_RDWR | O_NOFOLLOW of an existing regular file (staging only), refused as TARGET_MODIFIED when it has another name (FS-10). The caller closes. */
  openWrite(path: TreePath): number
  mkdir(path: TreePath, mode: number): void
  symlink(target: string, path: TreePath): void
  link(from: TreePath, to: TreePath): void
  /** KERNEL_UNSUPPORTED when the file system cannot refuse or exchange. */
  rename(from: TreePath, to: TreePath, mode: RenameMode): void
  unlink(path: TreePath): void
  rmdir(path: TreePath): void
  /**
   * Applies in the order owner, xattrs, mode, times: chown clears capabilities and setuid, and an owner who may not write may not set
   * attributes. Reports what this process may not or this file system cannot, instead of throwing. Attributes that do not travel (FS-9) are left alone.
   *
   * A file or symlink must have no other name, which might lie outside (FS-10): metadata goes before further names. `kind` where only a
   * directory is meant: in a live tree, whatever stands there instead is somebody else's.
   * @throws TARGET_MODIFIED for those
   */
  setMetadata(path: TreePath, metadata: InodeMetadata, kind?: 'directory'): MetadataRefusal[]
  /** Copies a byte range between two open files: reflink or copy_file_range where the kernel can, else read and write. */
  copyRange(fromFd: number, fromOffset: number, toFd: number, toOffset: number, length: number): void
  /** statfs: magic number of the file system and bytes and inodes free to this process. */
  space(): { readonly type: number; readonly freeBytes: number; readonly freeInodes: number }
  /** Flushes the whole file system that holds the root (syncfs). */
  syncFileSystem(): void
  syncDirectory(path: TreePath): void
  /** Takes an exclusive flock on a file in the tree; false when another process has it. Released by close(). */
  tryLock(path: TreePath): boolean
  /**
   * Runs `work`, which must not wait for anything, with the directories it uses kept open: many calls in few directories cost about half.
   * A directory that somebody else moves meanwhile is still the one used, as if all of `work` had run before; moves and removals through this root count at once.
   */
  batch<T>(work: () => T): T
  /** Every later call fails. May be called again. */
  close(): void
}

/** What the kernel and the file system below a root can do, probed once by trying. */
export interface FsCapabilities {
  /** Two names can be exchanged in one step. */
  readonly exchange: boolean
  /** A rename can refuse to replace. */
  readonly noReplace: boolean
  /** Files can share blocks. */
  readonly reflink: boolean
  /** Users' extended attributes. */
  readonly xattrs: boolean
  readonly hardlinks: boolean
  /** Paths can be resolved beneath a directory: always, as no root opens without it. */
  readonly beneath: boolean
}
