import { closeSync } from 'node:fs'
import { joinPath, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'

const ROUNDS = 5
const STEPS = 40

/**
 * Measures what one step of a commit costs on this file system now: renames between two directories of `area`, which is private to this process.
 * @returns the median of some rounds, nanoseconds a step
 */
export function measureStepNs(root: TreeRoot, area: TreePath): number {
  const probe = joinPath(area, 'measure')
  const [a, b] = [joinPath(probe, 'a'), joinPath(probe, 'b')]
  const [from, to] = [joinPath(a, 'f'), joinPath(b, 'f')]
  clear(root, probe, [from, to], [a, b])
  for (const path of [probe, a, b]) root.mkdir(path, 0o700)
  closeSync(root.createFile(from))
  try {
    const rounds = Array.from({ length: ROUNDS }, () => {
      const begun = process.hrtime.bigint()
      for (let i = 0; i < STEPS / 2; i++) {
        root.rename(from, to, 'replace')
        root.rename(to, from, 'replace')
      }
      return Number(process.hrtime.bigint() - begun) / STEPS
    })
    return rounds.toSorted((x, y) => x - y)[Math.floor(ROUNDS / 2)] ?? 0
  } finally {
    clear(root, probe, [from, to], [a, b])
  }
}

/** Removes what a measurement made, one that was cut off included. */
function clear(root: TreeRoot, probe: TreePath, files: readonly TreePath[], directories: readonly TreePath[]): void {
  for (const path of files) if (root.lstat(path) !== undefined) root.unlink(path)
  for (const path of [...directories, probe]) if (root.lstat(path) !== undefined) root.rmdir(path)
}
