import { compileGlobs, type Entry, type Manifest, ROOT_PATH, type TreePath } from '../../protocol/index.ts'

/** What a release would change against an older one. */
export interface TreeChanges {
  readonly added: readonly TreePath[]
  readonly changed: readonly TreePath[]
  readonly removed: readonly TreePath[]
  /** Consistency groups, and how many paths of the release are in each. */
  readonly groups: readonly { readonly name: string; readonly paths: number }[]
  /** Paths among the three lists that running programs read once. */
  readonly watched: readonly TreePath[]
}

/** Compares two releases. `previous` undefined: everything is new. The time of a directory is no change: it follows from what is in it. Pure. */
export function compareReleases(previous: Manifest | undefined, next: Manifest): TreeChanges {
  const before = new Map<TreePath, Entry>(previous?.entries.map((entry) => [entry.path, entry]))
  const added: TreePath[] = []
  const changed: TreePath[] = []
  for (const entry of next.entries) {
    const old = before.get(entry.path)
    before.delete(entry.path)
    if (old === undefined) added.push(entry.path)
    else if (formOf(old) !== formOf(entry)) changed.push(entry.path)
  }
  const removed = [...before.keys()]
  const { consistencyGroups, watch } = next.header.settings
  const groups = consistencyGroups.map(({ name, globs }) => {
    const matches = compileGlobs(globs)
    return { name, paths: next.entries.filter(({ path }) => path !== ROOT_PATH && matches(path)).length }
  })
  const watched = [...added, ...changed, ...removed].filter(compileGlobs(watch))
  return { added, changed, removed, groups, watched }
}

const formOf = (entry: Entry): string => {
  const { xattrs, ...rest } = entry.kind === 'hardlink' ? { ...entry, xattrs: [] } : entry
  const time = entry.kind === 'directory' ? { mtimeSec: 0, mtimeNs: 0 } : {}
  return JSON.stringify([{ ...rest, ...time }, xattrs.map(({ name, value }) => [name, [...value]])])
}
