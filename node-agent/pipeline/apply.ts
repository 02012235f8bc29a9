import {
  type ChannelName,
  type CommitReport,
  type Digest,
  distinctChunks,
  type Manifest,
  type ReceivedBytes,
  ShoalError,
} from '../../protocol/index.ts'
import { commitInPlace, toIntent } from '../commit/index.ts'
import type { FetchCounts } from '../fetch/types.ts'
import type { TreeRoot } from '../fs/index.ts'
import { planCommit } from '../plan/commit-plan.ts'
import { observePaths, type StatCache } from '../scan/index.ts'
import { openStaging, type StagingArea } from '../stage/index.ts'
import { pathsOf, toCommitInput } from './commit-input.ts'
import type { PipelineDeps } from './types.ts'

/** One release on its way into one live tree. */
export interface ApplyInit {
  readonly channel: ChannelName
  readonly root: TreeRoot
  readonly cache: StatCache
  readonly sequence: number
  readonly id: Digest
  readonly manifest: Manifest
  readonly previous: Manifest | undefined
  readonly signal: AbortSignal
  /** Told as work goes on; `received` counts this release from its first byte. */
  readonly onState: (state: 'fetching' | 'staging' | 'committing', progress: number) => void
  readonly onCounts: (counts: FetchCounts) => void
}

export interface Applied {
  readonly commit: CommitReport
  readonly reusedBytes: ReceivedBytes['reusedBytes']
}

/**
 * Plans, fetches, stages and commits one release. Until the commit's first step the live tree is untouched, whatever fails.
 * @throws what its stages throw
 */
export async function applyRelease(deps: PipelineDeps, init: ApplyInit): Promise<Applied> {
  const { root, manifest, previous, signal, cache } = init
  const { clock } = deps
  const observed = await observePaths(root, pathsOf(manifest, previous), { signal, cache, now: () => clock.now() })
  const plan = planCommit(toCommitInput(root, manifest, previous, observed))
  const staging = await openStaging(root, { manifest, key: init.id, slots: plan.slots }, { local: deps.chunks, signal })
  deps.chunks.setStaged(init.channel, {
    manifest: init.id,
    read: (d) => staging.read(d),
    missing: () => staging.missing(),
  })
  try {
    await fetchMissing(deps, init, staging)
    init.onState('staging', 1)
    const refused = await staging.complete()
    if (refused[0] !== undefined) {
      const { what, detail } = refused[0]
      throw new ShoalError(
        'METADATA_NOT_SET',
        `${refused.length} settings of ${what} and the like were refused (${detail}); the agent needs root for this release. The live tree is untouched`,
      )
    }
    if (signal.aborted) throw new ShoalError('CANCELLED', 'a newer release came; what is staged is kept')
    init.onState('committing', 1)
    const { channel, sequence, id } = init
    const intent = toIntent(root, { channel, sequence, manifest: id, plan })
    const commitDeps = { root, journal: deps.journal, now: () => clock.now() }
    const commit = await commitInPlace(commitDeps, intent, manifest, observed)
    return { commit, reusedBytes: staging.reusedBytes }
  } finally {
    deps.chunks.setStaged(init.channel, undefined)
  }
}

async function fetchMissing(deps: PipelineDeps, init: ApplyInit, staging: StagingArea): Promise<void> {
  const missing = staging.missing()
  if (missing.length === 0) return
  const chunks = distinctChunks(init.manifest)
  const indexOf = new Map(chunks.map((ref, i) => [ref.digest, i]))
  const indices = missing.map((ref) => indexOf.get(ref.digest)).filter((i) => i !== undefined)
  const total = missing.reduce((sum, ref) => sum + ref.size, 0)
  let done = 0
  init.onState('fetching', 0)
  const counts = await deps.fetcher.fetch(
    {
      manifest: init.id,
      chunks,
      missing: indices,
      onChunk: async (digest, bytes) => {
        staging.write(digest, bytes)
        done += bytes.length
        init.onState('fetching', done / total)
        const index = indexOf.get(digest)
        if (index !== undefined) deps.chunks.announce(init.id, [index])
      },
    },
    { signal: init.signal, onCounts: init.onCounts },
  )
  init.onCounts(counts)
}
