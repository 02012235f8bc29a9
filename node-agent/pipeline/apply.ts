import { commitInPlace, displacedPaths, measureStepNs, toIntent } from '../commit/index.ts'
import { probeCapabilities } from '../fs/index.ts'
import { planCommit } from '../plan/commit-plan.ts'
import { checkWindow } from '../plan/window.ts'
import { observePaths } from '../scan/index.ts'
import { INSIDE } from '../stage/index.ts'
import { applyWhole } from './apply-whole.ts'
import { indexFound } from './found-tree.ts'
import { inodesOf, pathsOf, toCommitInput } from './commit-input.ts'
import { localRules } from './local-rules.ts'
import { checkOneFileSystem } from './one-file-system.ts'
import { stageRelease } from './stage-release.ts'
import type { Applied, ApplyInit, PipelineDeps } from './types.ts'

/**
 * Plans, fetches, stages and commits one release. Until the commit's first step the live tree is untouched, whatever fails. The journal's entry
 * stays: whoever remembers the release ends it.
 * @throws what its stages throw
 */
export async function applyRelease(deps: PipelineDeps, init: ApplyInit): Promise<Applied> {
  const forget = init.previous === undefined ? await indexFound(deps, init) : undefined
  try {
    return await (init.tree.replacesWhole ? applyWhole(deps, init) : applyInPlace(deps, init))
  } finally {
    await forget?.()
  }
}

async function applyInPlace(deps: PipelineDeps, init: ApplyInit): Promise<Applied> {
  const { tree, manifest, previous, signal, cache, channel, sequence, id } = init
  const { clock, journal } = deps
  const { root } = tree.ensureArea()
  const known = pathsOf(manifest, previous)
  const observed = await observePaths(root, known.keys(), { signal, cache, known, now: () => clock.now() })
  const plan = planCommit({
    ...toCommitInput(root, manifest, previous, observed),
    ...localRules(init.policy),
    capabilities: probeCapabilities(root, INSIDE.top),
  })
  checkOneFileSystem(
    root,
    plan.ops.map((op) => op.path),
  )
  const { maxWindowMs } = manifest.header.settings
  if (maxWindowMs !== undefined) checkWindow(plan.ops.length, measureStepNs(root, INSIDE.top), maxWindowMs)
  const request = { manifest, key: id, slots: plan.slots, area: INSIDE }
  return stageRelease(deps, init, { root, request }, async ({ reusedBytes, weaker }) => {
    await init.beforeCommit(inodesOf(observed, new Set(plan.ops.map((op) => op.path))))
    init.onState('committing', 1)
    const intent = toIntent(root, { channel, sequence, manifest: id, plan })
    const commit = await commitInPlace({ root, journal, now: () => clock.now() }, intent, manifest, observed, [
      ...plan.weaker,
      ...weaker,
    ])
    const displaced = displacedPaths(intent)
    return { commit, reusedBytes, displaced, folder: displaced.size > 0 ? intent.retained : undefined }
  })
}
