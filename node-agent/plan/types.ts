import type { Entry, Manifest, TreePath } from '../../protocol/index.ts'

/** As much of what stands at a path as following links needs. `text` is a symlink's. */
export interface Standing {
  readonly kind: Entry['kind']
  readonly text: string | undefined
}

/** What the planner must know of one observed path. */
export interface ObservedPath {
  readonly kind: Entry['kind']
  /** It is exactly what `next` wants there; a directory's times do not count. */
  readonly equalsNext: boolean
  /** It is exactly what the last committed release put there, so nobody on this host changed it. */
  readonly equalsPrevious: boolean
  /** A directory's times are what `next` wants. */
  readonly timesEqualNext: boolean
  /** A file of one name, or a symlink, that is what `next` wants there but for its modification time, or but for its permission bits. */
  readonly onlyDiffers: 'time' | 'mode' | undefined
  /** A symlink's text, a byte string; undefined for anything else. */
  readonly linkText: string | undefined
}

/** One inode to be completed in staging before the commit. */
export interface Slot {
  readonly slot: number
  /** Index into next.entries. */
  readonly entry: number
  /** For a directory: entries staged under it, parents first; indices into next.entries. */
  readonly beneath: readonly number[]
}

/**
 * One visible step of a commit, a single atomic system call that can be undone.
 * - `place`: the staged inode gets its name; nothing was there.
 * - `exchange`: the staged inode and what stands at `path` change places.
 * - `retain`: what stands at `path` moves out of sight.
 *
 * For file systems that cannot refuse or exchange in a rename:
 * - `link`: the staged inode gets a further name; nothing was there.
 * - `move`: the staged directory gets its name; nothing, or an empty directory, was there.
 * - `replace`: the staged inode takes the place of one that got a further name out of sight before.
 *
 * `keep`: what is displaced is not the last release's (edited or unmanaged) and is never reaped. `group`: the consistency group that it belongs to.
 */
export type CommitOp = { readonly path: TreePath; readonly group?: string } & (
  | { readonly op: 'place' | 'link' | 'move'; readonly slot: number }
  | { readonly op: 'exchange' | 'replace'; readonly slot: number; readonly keep: boolean }
  | { readonly op: 'retain'; readonly keep: boolean }
)

/** A path of the release where this host keeps its own. */
export interface LeftPath {
  readonly path: TreePath
  readonly why: 'protected' | 'edited'
}

export interface CommitPlan {
  readonly slots: readonly Slot[]
  readonly ops: readonly CommitOp[]
  /** Directories whose metadata, and files whose time, is set after the last step: indices into next.entries, deepest first. */
  readonly afterwards: readonly number[]
  readonly left: readonly LeftPath[]
  /** Which guarantee is weaker, and why, in words; empty when everything holds. */
  readonly weaker: readonly string[]
}

/** What a rename can do on the file system. */
export interface RenameCapabilities {
  readonly exchange: boolean
  readonly noReplace: boolean
  readonly hardlinks: boolean
}

/** What happens to a file of the release that was edited on this host. */
export type LocalRule = 'overwrite' | 'keep' | 'fail'

export interface CommitInput {
  /** Absolute path of the live tree's root, a byte string: absolute links below it stay within the tree. */
  readonly root: string
  readonly next: Manifest
  readonly previous: Manifest | undefined
  /** What stands at every path of both; absent paths are missing. */
  readonly observed: ReadonlyMap<TreePath, ObservedPath>
  /** What neither has, but their symlinks lead to or through. */
  readonly beside: ReadonlyMap<TreePath, Standing>
  /** Directories of the previous release below which something stands that it did not put there, all their ancestors included. */
  readonly holdsUnmanaged: ReadonlySet<TreePath>
  /** Directories below which a file of the previous release was changed on this host, all their ancestors included. */
  readonly holdsEdited: ReadonlySet<TreePath>
  readonly capabilities: RenameCapabilities
  local(path: TreePath): LocalRule
  isProtected(path: TreePath): boolean
}
