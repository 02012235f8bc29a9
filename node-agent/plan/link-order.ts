import { type Entry, joinPath, type Manifest, parentPath, type TreePath } from '../../protocol/index.ts'

/** Links followed before a resolution counts as endless, as Linux does (path_resolution(7)). */
const MAX_LINKS = 40

/** What following a path in the new release comes across. */
interface Resolution {
  /** Symlinks that it passes through, the first included. */
  readonly through: readonly TreePath[]
  /** It ends at something, or leaves the tree. */
  readonly resolves: boolean
}

/**
 * Orders the steps that put symlinks in place: each after those that its new resolution passes through, so that it resolves the moment it
 * appears; links that do not resolve in the new release last. Links of a cycle resolve nowhere, so their order is free.
 */
export function orderLinks<Step extends { readonly path: TreePath }>(
  ops: readonly Step[],
  next: Manifest,
): readonly Step[] {
  const byPath = new Map(ops.map((op) => [op.path, op]))
  const entries = new Map(next.entries.map((entry) => [entry.path, entry]))
  const ordered = new Set<Step>()
  const dangling: Step[] = []
  const visit = (op: Step, above: ReadonlySet<TreePath>): void => {
    if (ordered.has(op) || above.has(op.path)) return
    const { through, resolves } = resolveLink(op.path, entries)
    if (!resolves) {
      if (!dangling.includes(op)) dangling.push(op)
      return
    }
    for (const path of through) {
      const other = byPath.get(path)
      if (other !== undefined && other !== op) visit(other, new Set([...above, op.path]))
    }
    ordered.add(op)
  }
  for (const op of ops) visit(op, new Set())
  return [...ordered, ...dangling]
}

/** Follows a symlink of the release as the kernel would, beneath the root only. */
function resolveLink(start: TreePath, entries: ReadonlyMap<TreePath, Entry>): Resolution {
  const through: TreePath[] = []
  let at = parentPath(start)
  let rest = [start.slice(start.lastIndexOf('/') + 1)]
  while (rest.length > 0) {
    const [name, ...after] = rest
    rest = after
    if (name === undefined || name === '' || name === '.') continue
    if (name === '..') {
      // Above the root lies what no release knows.
      if (at === '') return { through, resolves: true }
      at = parentPath(at)
      continue
    }
    const path = joinPath(at, name)
    const entry = entries.get(path)
    if (entry === undefined) return { through, resolves: false }
    if (entry.kind !== 'symlink') {
      if (rest.length > 0 && entry.kind !== 'directory') return { through, resolves: false }
      at = path
      continue
    }
    if (through.length >= MAX_LINKS) return { through, resolves: false }
    through.push(path)
    if (entry.target.startsWith('/')) return { through, resolves: true }
    rest = [...entry.target.split('/'), ...rest]
  }
  return { through, resolves: true }
}
