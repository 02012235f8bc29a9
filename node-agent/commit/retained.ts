import { joinPath, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { removeTree, RETAINED } from '../stage/index.ts'

const NS_PER_MS = 1_000_000n

/** What commits displaced and when, oldest first. */
export function listRetained(root: TreeRoot): readonly { readonly path: TreePath; readonly atMs: number }[] {
  if (root.lstat(RETAINED) === undefined) return []
  return root
    .readdir(RETAINED)
    .toSorted()
    .map((name) => joinPath(RETAINED, name))
    .flatMap((path) => {
      const stat = root.lstat(path)
      return stat === undefined ? [] : [{ path, atMs: Number(stat.mtimeNs / NS_PER_MS) }]
    })
}

/** Removes for good what was displaced at least `graceMs` ago. @returns milliseconds until the next is due, undefined when nothing is left */
export function reap(root: TreeRoot, graceMs: number, nowMs: number): number | undefined {
  let next: number | undefined
  for (const { path, atMs } of listRetained(root)) {
    const left = atMs + graceMs - nowMs
    if (left <= 0) removeTree(root, path)
    else next = Math.min(next ?? left, left)
  }
  return next
}
