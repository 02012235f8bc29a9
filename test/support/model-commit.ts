import { commitInPlace, toIntent } from '../../node-agent/commit/index.ts'
import type { Intent } from '../../node-agent/journal/index.ts'
import { Journal } from '../../node-agent/journal/index.ts'
import { findBeside } from '../../node-agent/pipeline/beside.ts'
import { judge, pathsOf } from '../../node-agent/pipeline/commit-input.ts'
import { type CommitPlan, planCommit } from '../../node-agent/plan/commit-plan.ts'
import type { CommitInput } from '../../node-agent/plan/types.ts'
import type { ObservedEntry } from '../../node-agent/scan/index.ts'
import { INSIDE, slotPath } from '../../node-agent/stage/index.ts'
import type { Store } from '../../node-agent/store/index.ts'
import {
  type ConsistencyGroup,
  type Entry,
  joinPath,
  type Manifest,
  parentPath,
  parseChannelName,
  ROOT_PATH,
  type TreePath,
} from '../../protocol/index.ts'
import { directory, file, hardlink, manifestOf, symlink } from './entries.ts'
import type { TreeSpec } from './live-tree.ts'
import { growAll, growSlots, stampOf } from './memory-grow.ts'
import { AREA, type MemoryOptions, MemoryTree, type Operation } from './memory-tree.ts'

export const MODEL_CHANNEL = parseChannelName('test')
const KEY = 'ab'.repeat(32)

/** A manifest of a test tree, without any file system. */
export function manifestOfSpec(spec: TreeSpec, groups: readonly ConsistencyGroup[] = []): Manifest {
  const entries = Object.entries(spec).map(([path, node]): Entry => {
    if ('file' in node) return file(path, node.file)
    if ('link' in node) return symlink(path, node.link)
    return 'name' in node ? hardlink(path, node.name) : directory(path)
  })
  const manifest = manifestOf(...entries)
  const settings = { ...manifest.header.settings, consistencyGroups: groups }
  return { ...manifest, header: { ...manifest.header, settings } }
}

export interface ModelInit {
  readonly old: Manifest
  readonly next: Manifest
  /** Files of the old tree that were replaced on this host. */
  readonly edited: readonly TreePath[]
  /** Files and links of the old tree that were removed on this host. */
  readonly deleted?: readonly TreePath[]
  /** Files that neither release has. */
  readonly unmanaged: readonly TreePath[]
  readonly file: MemoryOptions
  readonly rules: Pick<CommitInput, 'local' | 'isProtected'>
}

/** A live tree in the model, planned and staged. */
export interface Model {
  readonly tree: MemoryTree
  readonly plan: CommitPlan
  readonly observed: ReadonlyMap<TreePath, ObservedEntry>
  readonly intent: Intent
  readonly next: Manifest
  /** Stamps of what is this host's own. */
  readonly localStamps: ReadonlySet<string>
}

const stampOfLocal = (path: TreePath, what: string): string => stampOf(file(path, `${what} ${path}`) as never)

/** Grows the old tree with what was changed on the host, plans the commit and stages it. @throws what the planner refuses */
export function prepareModel({ old, next, edited, deleted = [], unmanaged, file: options, rules }: ModelInit): Model {
  const tree = new MemoryTree(options)
  const localStamps = new Set<string>()
  const localStamp = (path: TreePath, what: string): string => {
    const stamp = stampOfLocal(path, what)
    localStamps.add(stamp)
    return stamp
  }
  growAll(tree, old)
  tree.top.stamp = stampOf(directory(''))
  for (const path of edited) {
    const inode = tree.find(path)
    if (inode === undefined || inode.kind === 'directory') continue
    inode.links--
    tree.put(path, 'file', localStamp(path, 'edited'))
  }
  for (const path of deleted) {
    const kind = tree.find(path)?.kind
    if (kind !== undefined && kind !== 'directory') tree.unlink(path)
  }
  for (const path of unmanaged) {
    if (tree.find(parentPath(path))?.kind !== 'directory' || tree.find(path) !== undefined) continue
    tree.put(path, 'file', localStamp(path, 'unmanaged'))
  }
  for (const path of [INSIDE.top, INSIDE.staging, INSIDE.retained, INSIDE.kept, joinPath(INSIDE.staging, KEY)]) {
    tree.put(path, 'directory', AREA)
  }
  const observed = observeModel(tree, new Set(pathsOf(next, old).keys()))
  const { exchange = true, noReplace = true, hardlinks = true } = options
  const plan = planCommit({
    root: tree.path,
    next,
    previous: old,
    ...inputOf(tree, next, old, observed),
    capabilities: { exchange, noReplace, hardlinks },
    ...rules,
  })
  growSlots(tree, next, plan.slots, (slot) => slotPath(KEY, slot))
  const intent = toIntent(tree, { channel: MODEL_CHANNEL, sequence: 2, manifest: KEY, plan })
  const stamps = next.entries.flatMap((e) => (e.kind === 'hardlink' ? [] : [[e.path, stampOf(e)] as const]))
  tree.newStamps = new Map(stamps)
  return { tree, plan, observed, intent, next, localStamps }
}

function inputOf(tree: MemoryTree, next: Manifest, old: Manifest, observed: ReadonlyMap<TreePath, ObservedEntry>) {
  const { judged, holdsEdited } = judge(next, old, observed)
  const wanted = new Map(next.entries.map((e) => [e.path, e.kind]))
  const holdsUnmanaged = new Set<TreePath>()
  for (const [path, { entry }] of observed) {
    if (entry.kind !== 'directory' || wanted.get(path) === 'directory') continue
    for (const name of tree.readdir(path)) {
      if (observed.has(joinPath(path, name))) continue
      for (let at = path; at !== ROOT_PATH; at = parentPath(at)) holdsUnmanaged.add(at)
    }
  }
  return { observed: judged, beside: findBeside(tree, next, old, judged), holdsEdited, holdsUnmanaged }
}

/** What a scan of the model would say. */
function observeModel(tree: MemoryTree, paths: ReadonlySet<TreePath>): ReadonlyMap<TreePath, ObservedEntry> {
  const observed = new Map<TreePath, ObservedEntry>()
  const first = new Map<bigint, TreePath>()
  for (const path of [...paths].toSorted()) {
    const [inode, stat] = [tree.find(path), tree.lstat(path)]
    if (inode === undefined || stat === undefined) continue
    const known = inode.kind === 'file' ? first.get(inode.id) : undefined
    const entry: Entry =
      known === undefined ? { ...JSON.parse(inode.stamp), path } : { kind: 'hardlink', path, target: known }
    if (known === undefined) first.set(inode.id, path)
    observed.set(path, { entry, stat })
  }
  return observed
}

/** What happened, in order: operations on the tree, and durable writes of the journal. */
export type Event = { readonly operation: Operation } | { readonly journal: Uint8Array | undefined }

/** A journal in memory; `write` is told each value before it counts, and may throw. */
export function modelJournal(value: Uint8Array | undefined, write: (value: Uint8Array | undefined) => void): Journal {
  let now = value
  const store = {
    journal: { get: async () => now },
    write: async (changes: readonly { readonly value: Uint8Array | undefined }[]) => {
      for (const change of changes) {
        write(change.value)
        now = change.value
      }
    },
  }
  // Of the store, the journal uses no more than these.
  return new Journal({ store: store as unknown as Store })
}

/** Runs the commit engine on the model. */
export async function commitModel({ tree, intent, next, observed, plan }: Model, journal: Journal) {
  const deps = { root: tree, journal, now: () => 0 }
  const report = await commitInPlace(deps, intent, next, observed, plan.weaker)
  await journal.end(MODEL_CHANNEL)
  return report
}
