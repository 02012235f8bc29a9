import { ShoalError } from '../../protocol/index.ts'
import type { MetadataRefusal, TreeRoot } from '../fs/index.ts'
import { openStaging, type StagingRequest } from '../stage/index.ts'
import { fetchMissing } from './fetch-missing.ts'
import type { ApplyInit, PipelineDeps } from './types.ts'

/** What stands ready, as far as a report tells of it. */
export interface Staged {
  readonly reusedBytes: number
  /** Metadata that this agent may not set, or this file system cannot keep, in words. */
  readonly weaker: readonly string[]
}

/** Refusals named in a report. */
const MAX_NAMED = 3

/** One line a kind of metadata. */
function refusalsInWords(refused: readonly MetadataRefusal[]): readonly string[] {
  const kinds = new Map<string, string[]>()
  for (const { what, detail } of refused) kinds.set(what, [...(kinds.get(what) ?? []), detail])
  return [...kinds].map(([what, details]) => {
    const more = details.length > MAX_NAMED ? ` and ${details.length - MAX_NAMED} more` : ''
    return `${what} could not be set: ${details.slice(0, MAX_NAMED).join(', ')}${more}`
  })
}

/**
 * Completes a release in staging, from this host and from peers, serves what is staged meanwhile, and runs `commit` while it still does.
 * @throws CANCELLED, NO_SPACE, NO_SOURCE, FILE_SYSTEM: the live tree is untouched
 */
export async function stageRelease<T>(
  deps: PipelineDeps,
  init: ApplyInit,
  { root, request }: { readonly root: TreeRoot; readonly request: StagingRequest },
  commit: (staged: Staged) => Promise<T>,
): Promise<T> {
  const { signal, channel, id } = init
  const staging = await openStaging(root, request, { local: deps.chunks, signal })
  deps.chunks.setStaged(channel, {
    manifest: id,
    read: (digest) => staging.read(digest),
    missing: () => staging.missing(),
  })
  try {
    await fetchMissing(deps, init, staging)
    init.onState('staging', 1)
    const refused = await staging.complete()
    if (signal.aborted) throw new ShoalError('CANCELLED', 'a newer release came; what is staged is kept')
    return await commit({ reusedBytes: staging.reusedBytes, weaker: refusalsInWords(refused) })
  } finally {
    deps.chunks.setStaged(channel, undefined)
  }
}
