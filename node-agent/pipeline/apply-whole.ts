import { type Entry, joinPath, parentPath, ROOT_PATH, toByteString, type TreePath } from '../../protocol/index.ts'
import {
  carry,
  displacedTree,
  retainDisplaced,
  rollSwitchForward,
  type SwitchDeps,
  sweepDisplaced,
  switchTree,
  toSwitchIntent,
} from '../commit/index.ts'
import type { SwitchIntent } from '../journal/index.ts'
import { planTree, type TreePlan } from '../plan/tree-plan.ts'
import { findUnmanaged, type ObservedTree, observePaths } from '../scan/index.ts'
import { metadataOf, slotPath } from '../stage/index.ts'
import { inodesOf, judge, pathsOf } from './commit-input.ts'
import { localRules } from './local-rules.ts'
import { stageRelease } from './stage-release.ts'
import type { TargetTree } from './target-tree.ts'
import type { Applied, ApplyInit, Committed, PipelineDeps } from './types.ts'

/** Builds the release as a whole tree beside the live one, and switches over with one system call. */
export async function applyWhole(deps: PipelineDeps, init: ApplyInit): Promise<Applied> {
  const { tree, manifest, id, channel, sequence, cache } = init
  const { root: near, area } = tree.ensureArea()
  const from = tree.livePath()
  const { plan, observed } = await planWhole(deps, init)
  const left = new Set(plan.left)
  const beneath = manifest.entries.flatMap((e, i) => (i === 0 || left.has(e.path) ? [] : [i]))
  const whole = new Map(from === undefined ? [] : plan.whole.map((path) => [path, joinPath(from, path)]))
  const request = { manifest, key: id, slots: [{ slot: 0, entry: 0, beneath }], area, whole }
  return stageRelease(deps, init, { root: near, request }, async ({ reusedBytes, weaker }) => {
    const staged = slotPath(id, 0, area)
    for (const path of plan.whole) {
      const [before, after] = [observed.get(path)?.stat, near.lstat(joinPath(staged, path))]
      if (before !== undefined && after !== undefined) cache.relinked(path, before, after)
    }
    if (from !== undefined) carryAlong(init, from, staged, plan.carried)
    const same = new Set(plan.whole)
    await init.beforeCommit(inodesOf(observed, new Set([...observed.keys()].filter((path) => !same.has(path)))))
    init.onState('committing', 1)
    const root = toByteString(Buffer.from(tree.target.root))
    const strategy = tree.target.strategy === 'generations' ? 'generations' : 'swap'
    const switching = switchDeps(deps, tree)
    const intent = toSwitchIntent(switching, { channel, strategy, root, sequence, manifest: id })
    const commit = await switchTree(switching, intent)
    const settled = await settleSwitch(deps, init, intent)
    return { ...settled, commit: { ...commit, weaker: [...commit.weaker, ...weaker] }, reusedBytes }
  })
}

async function planWhole(
  deps: PipelineDeps,
  init: ApplyInit,
): Promise<{ readonly plan: TreePlan; readonly observed: ObservedTree }> {
  const { tree, manifest: next, previous, signal, cache, policy } = init
  const known = pathsOf(next, previous)
  const [from, { live }] = [tree.livePath(), tree]
  const options = { signal, cache, known, now: () => deps.clock.now() }
  const observed: ObservedTree = live === undefined ? new Map() : await observePaths(live, known.keys(), options)
  const unmanaged = from === undefined ? [] : await findUnmanaged(tree.near, from, (path) => known.has(path), signal)
  const { judged } = judge(next, previous, observed)
  const plan = planTree({
    next,
    previous,
    observed: judged,
    unmanaged: unmanaged.map(({ path, stat }) => ({ path, directory: stat.kind === 'directory' })),
    ...localRules(policy),
  })
  return { plan, observed }
}

/** What is not the release's goes along; the directories that it comes into keep the metadata that the release gives them. */
function carryAlong({ tree, manifest }: ApplyInit, from: TreePath, to: TreePath, paths: readonly TreePath[]): void {
  const pair = { root: tree.near, from, to, scratch: joinPath(tree.beside.top, 'carried') }
  for (const path of paths) carry(pair, path)
  const entries = new Map<TreePath, Entry>(manifest.entries.map((e) => [e.path, e]))
  for (const directory of new Set(paths.map(parentPath))) {
    const entry = entries.get(directory)
    if (entry?.kind === 'directory') tree.near.setMetadata(joinPath(to, directory), metadataOf(entry), 'directory')
  }
  if (paths.length > 0) tree.near.syncFileSystem()
}

function switchDeps({ switches, clock }: PipelineDeps, { near, beside, name }: TargetTree): SwitchDeps {
  return { near, area: beside, name, journal: switches, now: () => clock.now() }
}

type SettleInit = Pick<ApplyInit, 'tree' | 'previous' | 'cache' | 'signal' | 'sequence' | 'channel'>

/** After the switch: opens the new tree, and leaves nothing behind in the displaced one. Repeatable. */
async function settleSwitch(
  deps: PipelineDeps,
  init: SettleInit,
  intent: SwitchIntent,
): Promise<Omit<Committed, 'commit'>> {
  const { tree, previous, cache, sequence } = init
  const switching = switchDeps(deps, tree)
  // The switch is durable before anything of the displaced tree is moved.
  tree.near.syncFileSystem()
  tree.reopen()
  deps.chunks.setRoot(init.channel, tree.live)
  const displaced = displacedTree(switching, intent)
  const live = tree.livePath()
  // Once the switch is made it is finished, whatever comes in the meantime.
  const signal = new AbortController().signal
  if (displaced !== undefined && live !== undefined) {
    const sweep = { root: tree.near, displaced, live, kept: tree.beside.kept, sequence, previous, cache, signal }
    const kept = await sweepDisplaced({ ...sweep, now: () => deps.clock.now() })
    if (kept > 0) deps.log.warn('local-files-kept', { channel: init.channel, sequence, files: kept })
  }
  const stands = retainDisplaced(switching, intent)
  return {
    folder: stands === undefined ? undefined : parentPath(stands),
    displaced: new Map(stands === undefined ? [] : [[ROOT_PATH, stands]]),
  }
}

/** Finishes the switch that a crash cut off. Repeatable. @throws JOURNAL_CORRUPT */
export async function recoverSwitch(deps: PipelineDeps, init: SettleInit, intent: SwitchIntent): Promise<Committed> {
  const commit = rollSwitchForward(switchDeps(deps, init.tree), intent)
  return { ...(await settleSwitch(deps, init, intent)), commit }
}
