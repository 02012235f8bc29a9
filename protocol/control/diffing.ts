export interface DiffRequest {
  /** Absolute path of the folder. */
  readonly dir: string
  readonly channel: string
}

/** Rows in pages, or how far reading the folder is. */
export type DiffEvent =
  | { readonly kind: 'progress'; readonly files: number; readonly bytes: number; readonly totalFiles: number | null }
  | { readonly kind: 'rows'; readonly rows: readonly DiffRow[] }

/** One path that publishing would change. `path` and `from` are byte strings. */
export interface DiffRow {
  readonly what: 'added' | 'changed' | 'removed' | 'renamed'
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink'
  /** Bytes of a file, new if there is one; null for anything else. */
  readonly size: number | null
  /** Where it was: of a renamed file only. */
  readonly from: string | null
  /** What of it deserves a look: a link out of the tree or to nothing, a file that runs as its owner or group. */
  readonly risk: 'escaping' | 'dangling' | 'setuid' | null
}

/** Against the channel's head. */
export interface DiffResult {
  readonly channel: string
  /** Sequence of the head compared with; 0 when the channel has none. */
  readonly sequence: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly renamed: number
  readonly risky: number
  /** Bytes of content that the head does not have, before deltas. */
  readonly newBytes: number
  readonly warnings: readonly string[]
}
