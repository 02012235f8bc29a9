import {
  displayPath,
  LIMITS,
  STALE_REASONS,
  type StaleProcess,
  type StaleReason,
  type TreePath,
} from '../../protocol/index.ts'
import type { Process } from './process.ts'
import type { ProcessTable } from './table.ts'

const MAX_PATHS = 16

/** Paths that processes read once, which a commit changed. */
export interface Watched {
  readonly changed: readonly TreePath[]
  /** The commit, milliseconds: who started before it read what was there before. */
  readonly sinceMs: number
  /** Absolute path of the live tree, a byte string: only processes that use anything below it count. */
  readonly root: string
}

export interface StaleInput {
  /** Inodes that no path names any more (or will not, after a commit), by `inodeKey`, with the paths that they had. */
  readonly displaced: ReadonlyMap<string, TreePath>
  readonly watched?: Watched
}

/**
 * Processes that run on an older release, strongest reason first. The same with the inodes that a commit is about to displace gives those at risk.
 * Paths are in display form, at most 16 a process; at most as many processes as a status carries.
 */
export function findStale(table: ProcessTable, { displaced, watched }: StaleInput): readonly StaleProcess[] {
  const found = new Map<Process, { why: StaleReason; readonly paths: Set<string> }>()
  const note = (process: Process, why: StaleReason, path: TreePath): void => {
    const entry = found.get(process) ?? { why, paths: new Set() }
    if (rank(why) < rank(entry.why)) entry.why = why
    if (entry.paths.size < MAX_PATHS) entry.paths.add(displayPath(path))
    found.set(process, entry)
  }
  for (const [key, path] of displaced) {
    const [device, inode] = key.split(':').map(BigInt)
    if (device === undefined || inode === undefined) continue
    for (const { process, use } of table.holders(device, inode)) note(process, use, path)
  }
  if (watched !== undefined && watched.changed.length > 0) {
    for (const process of table.processes) {
      if (process.startedAtMs >= watched.sinceMs || !uses(process, watched.root)) continue
      for (const path of watched.changed.slice(0, MAX_PATHS)) note(process, 'watched', path)
    }
  }
  return [...found]
    .toSorted(([a, x], [b, y]) => rank(x.why) - rank(y.why) || a.pid - b.pid)
    .slice(0, LIMITS.processesPerStatus)
    .map(([{ pid, startedAtMs, unit, command }, { why, paths }]) => ({
      pid,
      why,
      startedAtMs,
      unit,
      command,
      paths: [...paths],
    }))
}

const rank = (why: StaleReason): number => STALE_REASONS.indexOf(why)

const uses = ({ paths }: Process, root: string): boolean =>
  paths.some((path) => path === root || path.startsWith(root === '/' ? '/' : `${root}/`))
