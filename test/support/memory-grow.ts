import { type Entry, joinPath, type Manifest, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { MemoryTree } from './memory-tree.ts'

/** What stands for an entry's content and metadata: all of it but the name. Directory times are no evidence. */
export const stampOf = (entry: Exclude<Entry, { kind: 'hardlink' }>): string =>
  JSON.stringify({ ...entry, path: '', ...(entry.kind === 'directory' && { mtimeSec: 0 }) })

/** Puts an entry of a manifest at a path, its stamp made from the entry. @param targetAt where a further name's first name is */
function grow(tree: MemoryTree, entry: Entry, at: TreePath, targetAt: TreePath | undefined): void {
  if (entry.kind === 'hardlink') {
    const inode = targetAt === undefined ? undefined : tree.find(targetAt)
    if (inode === undefined) throw new Error(`no ${String(targetAt)} to link to`)
    tree.name(inode, at)
  } else if (entry.path !== ROOT_PATH || at !== ROOT_PATH) {
    tree.put(at, entry.kind, stampOf(entry), entry.kind === 'symlink' ? entry.target : '')
  }
}

/** Puts a whole manifest into a model. */
export function growAll(tree: MemoryTree, { entries }: Manifest): void {
  for (const entry of entries) grow(tree, entry, entry.path, entry.kind === 'hardlink' ? entry.target : undefined)
}

/** Puts what a plan wants staged where it is staged. */
export function growSlots(
  tree: MemoryTree,
  { entries }: Manifest,
  slots: readonly { readonly slot: number; readonly entry: number; readonly beneath: readonly number[] }[],
  slotAt: (slot: number) => TreePath,
): void {
  const staged = new Map<TreePath, TreePath>()
  for (const { slot, entry, beneath } of slots) {
    const top = entries[entry]
    if (top === undefined) continue
    for (const index of [entry, ...beneath]) {
      const own = entries[index]
      if (own === undefined) continue
      const at = own === top ? slotAt(slot) : joinPath(slotAt(slot), own.path.slice(top.path.length + 1))
      staged.set(own.path, at)
      if (own.kind !== 'hardlink') grow(tree, own, at, undefined)
    }
  }
  for (const { entry, beneath } of slots) {
    for (const index of [entry, ...beneath]) {
      const own = entries[index]
      const at = own === undefined ? undefined : staged.get(own.path)
      if (own?.kind === 'hardlink' && at !== undefined) grow(tree, own, at, staged.get(own.target) ?? own.target)
    }
  }
}
