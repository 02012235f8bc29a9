import { readSync } from 'node:fs'
import type { TreePath } from '../../protocol/index.ts'
import { fstat, readIfThere, type TreeRoot } from '../fs/index.ts'
import type { ChangeRow } from '../publish/diff.ts'
import { type Pacer, sameState } from '../scan/index.ts'
import { ContentLooker } from './content-look.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import type { Walked } from './walked.ts'

/** Looks into changed files whose content was known and therefore not read. One that cannot be opened, or changed, is left: publishing will say so. @throws CANCELLED */
export async function peek(root: TreeRoot, walked: Walked, rows: readonly ChangeRow[], pacer: Pacer): Promise<void> {
  const unseen = rows.filter(({ kind, what, path }) => kind === 'file' && what !== 'removed' && !walked.looks.has(path))
  const buffer = new Uint8Array(PREVIEW_LIMITS.secretBytes)
  for (const { path } of unseen.slice(0, PREVIEW_LIMITS.peekFiles)) {
    const bytes = firstBytes(root, path, walked, buffer)
    if (bytes === undefined) continue
    const looker = new ContentLooker()
    looker.take(bytes)
    walked.looks.set(path, looker.look)
    await pacer.did(0)
  }
}

function firstBytes(root: TreeRoot, path: TreePath, walked: Walked, buffer: Uint8Array): Uint8Array | undefined {
  const stat = walked.stats.get(path)
  if (stat === undefined) return undefined
  return readIfThere(root, path, (fd) =>
    sameState(fstat(fd), stat) ? buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, 0)) : undefined,
  )
}
