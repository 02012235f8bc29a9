import type { Digest, TreePath } from '../ids/index.ts'

/** A content-defined piece of a file: digest of its plain bytes and its size in bytes (1 to MAX_CHUNK_BYTES). */
export interface ChunkRef {
  readonly digest: Digest
  readonly size: number
}

/** One extended attribute: POSIX ACLs (`system.posix_acl_*`) and file capabilities (`security.capability`) are kept this way too. */
export interface Xattr {
  readonly name: string
  readonly value: Uint8Array
}

/** Owner and times that every inode has. `mtimeNs` is the nanosecond part, 0 to 999,999,999. */
export interface Ownership {
  readonly uid: number
  readonly gid: number
  readonly mtimeSec: number
  readonly mtimeNs: number
  /** Sorted by name, no duplicates. */
  readonly xattrs: readonly Xattr[]
}

export interface FileEntry extends Ownership {
  readonly kind: 'file'
  readonly path: TreePath
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  /** Bytes; the sum of the chunk sizes. */
  readonly size: number
  /** Zero runs may be left as holes. */
  readonly sparse: boolean
  readonly chunks: readonly ChunkRef[]
}

export interface DirectoryEntry extends Ownership {
  readonly kind: 'directory'
  readonly path: TreePath
  readonly mode: number
}

export interface SymlinkEntry extends Ownership {
  readonly kind: 'symlink'
  readonly path: TreePath
  /** The link's text as a byte string, 1 to 4,095 bytes, kept exactly; it may point anywhere. */
  readonly target: string
}

/** A further name of the inode whose first name in path order is `target` (a file entry); all its metadata stands there. */
export interface HardlinkEntry {
  readonly kind: 'hardlink'
  readonly path: TreePath
  readonly target: TreePath
}

export type Entry = FileEntry | DirectoryEntry | SymlinkEntry | HardlinkEntry

/** Paths that must switch adjacent to each other (I8). Globs as docs/spec/manifest.md says. */
export interface ConsistencyGroup {
  readonly name: string
  readonly globs: readonly string[]
}

/** What the publisher states about the release as a whole; hosts decide what of it they follow. */
export interface ReleaseSettings {
  readonly consistencyGroups: readonly ConsistencyGroup[]
  /** Longest window the publisher accepts for a commit, in milliseconds; undefined when it does not matter. */
  readonly maxWindowMs: number | undefined
  /** Globs of configuration and plug-in paths that running processes read once. */
  readonly watch: readonly string[]
  /** Names of host actions that the publisher suggests to run after a commit; a host runs only those that its own config accepts. */
  readonly suggest: readonly string[]
}

/** A numeric id and the name the publisher's machine has for it. */
export interface OwnerName {
  readonly id: number
  readonly name: string
}

export interface ManifestHeader {
  readonly format: 1
  /** Names of the user and group ids that occur, sorted by id; ids without a name are absent. */
  readonly users: readonly OwnerName[]
  readonly groups: readonly OwnerName[]
  readonly settings: ReleaseSettings
}

/** The sorted list of entries of a tree. The first entry is always the root directory, path `''`. Its id is the SHA-256 of its canonical bytes. */
export interface Manifest {
  readonly header: ManifestHeader
  readonly entries: readonly Entry[]
}
