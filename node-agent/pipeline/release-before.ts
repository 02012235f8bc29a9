import type { Digest } from '../../protocol/index.ts'
import type { CommittedRelease, Rejected } from '../store/index.ts'

/** What to roll back to from a release of `manifest`; after a rollback nothing, as the release before is the one that was rejected. */
export function releaseBefore(
  previous: CommittedRelease | undefined,
  rejected: Rejected | undefined,
  manifest: Digest,
): CommittedRelease['before'] {
  if (previous === undefined || previous.sequence === rejected?.sequence) return null
  return previous.manifest === manifest ? previous.before : { sequence: previous.sequence, manifest: previous.manifest }
}
