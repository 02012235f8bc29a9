import type { ManifestReading } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import type { Base } from './base.ts'
import type { Walked } from './walked.ts'

/** A look at a folder beside its channel's head. */
export interface FolderLookInit {
  readonly root: TreeRoot
  readonly walked: Walked
  /** It was walked before: that is not done again. */
  readonly isWalked: boolean
  readonly base: Base
  /** Manifests that are decoded as far as the walk has come: the head's, and that of which `walked.cache` knows. */
  readonly readings: Iterable<ManifestReading>
  readonly exclude: readonly string[]
  /** The wall clock, milliseconds. */
  readonly now: () => number
  readonly signal: AbortSignal
}
