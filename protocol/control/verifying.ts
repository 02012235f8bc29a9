export interface VerifyRequest {
  /** null: every target of this host. */
  readonly channel: string | null
  /** Read and hash every file, not only those whose size or times changed. */
  readonly deep: boolean
}

export type VerifyEvent = VerifyProgress | DriftRow | KeptRow | RetainedRow

export interface VerifyProgress {
  readonly kind: 'progress'
  readonly channel: string
  readonly files: number
  readonly bytes: number
  readonly totalFiles: number | null
  readonly totalBytes: number | null
}

/** One path of a live tree that is not what the manifest says. */
export interface DriftRow {
  readonly kind: 'drift'
  readonly channel: string
  /** Byte string. */
  readonly path: string
  readonly what: 'missing' | 'type' | 'content' | 'metadata' | 'unreadable'
  /** What differs, in words: `mode 0644, not 0755`. */
  readonly detail: string
}

/** The copy of a file that was edited on this host, or stood in the way, when a commit replaced it. Only a person removes it. */
export interface KeptRow {
  readonly kind: 'kept'
  readonly channel: string
  /** Byte string: where it was in the live tree. */
  readonly path: string
  /** Byte string: absolute path of the copy. */
  readonly at: string
  /** Release whose commit replaced it. */
  readonly sequence: number
  readonly bytes: number
  /** When it was last changed on this host. */
  readonly changed: string
}

/** What an older release left for rollback, and for processes that still use it. */
export interface RetainedRow {
  readonly kind: 'retained'
  readonly channel: string
  /** Byte string: absolute path of the directory. */
  readonly at: string
  /** Release that the whole tree was, or whose commit displaced the single files. */
  readonly sequence: number
  readonly whole: boolean
  readonly since: string
}

export interface VerifiedTarget {
  readonly channel: string
  readonly root: string
  readonly sequence: number
  /** null when nothing was ever committed here: there is nothing to compare with. */
  readonly manifest: string | null
  readonly entries: number
  /** Number of drifted paths. */
  readonly drifted: number
}
