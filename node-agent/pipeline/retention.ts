import { statfsSync } from 'node:fs'
import {
  toByteString,
  type ChannelName,
  type RetainedReport,
  type StaleProcess,
  type TreePath,
} from '../../protocol/index.ts'
import { measureRetained, reapRetained, type RetainedUse } from '../commit/index.ts'
import type { TargetPolicy } from '../config/index.ts'
import { planReap } from '../plan/reap-plan.ts'
import { findStale, inodeKey, isShared, type ProcessTable, scanProcesses } from '../settle/index.ts'
import { forgetDisplaced, originalPaths } from './displaced-paths.ts'
import { type RetainedAt, retainedKey, type TargetTree } from './target-tree.ts'
import type { PipelineDeps } from './types.ts'

/** While something is held or over its bound, processes are looked at again this often. */
const LOOK_AGAIN_MS = 300_000

export interface RetentionInit {
  readonly channel: ChannelName
  readonly tree: TargetTree
  readonly policy: TargetPolicy
  /** Paths that processes read once and the last commit changed, and when that was. */
  readonly watched: { readonly changed: readonly TreePath[]; readonly sinceMs: number }
  /** The release that displaced the newest is settled. */
  readonly settled: boolean
  readonly signal: AbortSignal
}

export interface RetentionResult {
  readonly report: RetainedReport
  readonly staleProcesses: readonly StaleProcess[]
  /** Milliseconds until something may be deleted; undefined when nothing is retained. */
  readonly againMs: number | undefined
}

const NOTHING: RetentionResult = {
  report: { releases: 0, bytes: 0, heldBytes: 0 },
  staleProcesses: [],
  againMs: undefined,
}

/** Looks at what commits displaced: who still uses it, what it takes, and deletes what nobody needs any more. */
export async function tendRetained(deps: PipelineDeps, init: RetentionInit): Promise<RetentionResult> {
  const { tree, policy, signal, settled } = init
  const retained = tree.retained()
  if (retained.length === 0) return NOTHING
  const table = await scanProcesses({ signal })
  const { target } = tree
  // What other users' processes hold cannot be seen without root: then the longer grace is the only protection.
  const shared = !table.complete || isShared(target.root, statfsSync(target.root).type)
  const graceMs = shared ? Math.max(policy.networkGraceMs, target.graceMs) : target.graceMs
  const used = await Promise.all(retained.map((at) => measure(at, tree, table, signal)))
  const candidates = retained.map(({ retained: { atMs } }, i) => ({
    atMs,
    bytes: used[i]?.bytes ?? 0,
    held: used[i]?.held.length ?? 0,
  }))
  const rules = { graceMs, keep: target.keep, limitBytes: policy.retainedBytes, shared, settled }
  const { reap, againMs } = planReap(candidates, rules, deps.clock.now())
  const gone = new Set<RetainedAt>()
  for (const index of reap) {
    const at = retained[index]
    if (at !== undefined && (await remove(deps, init, at, table))) gone.add(at)
  }
  const left = retained.flatMap((at, i) => (gone.has(at) || used[i] === undefined ? [] : [used[i]]))
  return {
    report: {
      releases: left.length,
      bytes: left.reduce((sum, use) => sum + use.bytes, 0),
      heldBytes: left.reduce((sum, use) => sum + use.heldBytes, 0),
    },
    staleProcesses: findStale(table, {
      displaced: await heldPaths(deps, init.channel, retained, used),
      watched: { ...init.watched, root: toByteString(Buffer.from(target.root)) },
    }),
    againMs: againMs === undefined ? undefined : Math.min(againMs, LOOK_AGAIN_MS),
  }
}

const look = (root: RetainedAt['root'], tree: TargetTree, table: ProcessTable, signal: AbortSignal) => ({
  root,
  live: tree.live,
  held: (device: bigint, inode: bigint) => table.holds(device, inode),
  signal,
})

const measure = ({ root, retained }: RetainedAt, tree: TargetTree, table: ProcessTable, signal: AbortSignal) =>
  measureRetained(look(root, tree, table, signal), retained)

/** Inodes that somebody holds, with the paths that they had in their release. */
async function heldPaths(
  deps: PipelineDeps,
  channel: ChannelName,
  retained: readonly RetainedAt[],
  used: readonly RetainedUse[],
): Promise<ReadonlyMap<string, TreePath>> {
  const paths = new Map<string, TreePath>()
  for (const [i, at] of retained.entries()) {
    const held = used[i]?.held ?? []
    if (held.length === 0) continue
    const original = await originalPaths(deps, channel, at)
    for (const { path, stat } of held) paths.set(inodeKey(stat.device, stat.inode), original(path))
  }
  return paths
}

async function remove(
  deps: PipelineDeps,
  { channel, tree, signal }: RetentionInit,
  at: RetainedAt,
  table: ProcessTable,
): Promise<boolean> {
  const key = retainedKey(channel, at)
  const gone = await reapRetained(look(at.root, tree, table, signal), at.retained, at.area.kept)
  if (!gone) return false
  deps.chunks.setRoot(key, undefined)
  await deps.live.drop(key)
  await forgetDisplaced(deps.store, key)
  deps.log.info('retained-reaped', { channel, sequence: at.retained.sequence })
  return true
}
