import { ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { PreviewItem, PreviewRow } from '../../protocol/control/index.ts'
import type { Pacer } from '../scan/index.ts'
import { decodeTo } from './base.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import { earlyRow, removedRow, unreadRow } from './rows.ts'
import { isAtOrBelow } from './selection.ts'
import type { Told } from './told.ts'
import type { FolderLookInit } from './types.ts'

export interface WalkRowsInit extends Omit<FolderLookInit, 'exclude'> {
  readonly isOut: (path: TreePath) => boolean
}

/** Walks a folder beside its channel's head and tells what stats say: both are in path order, and neither waits for the other's end. @throws SOURCE_INVALID, CANCELLED */
export async function* walkRows(
  init: WalkRowsInit,
  told: Told,
  pacer: Pacer,
): AsyncGenerator<PreviewItem, void, undefined> {
  const { root, walked, isWalked, base, readings, isOut } = init
  const missing = missingRows(init)
  let page: PreviewRow[] = []
  const take = (row: PreviewRow | undefined): void => {
    if (row === undefined) return
    page.push(row)
    told.rows.set(row.path, row)
  }
  const isFull = (): boolean => page.length >= PREVIEW_LIMITS.rowsPerPage
  const turnPage = (): PreviewItem => {
    const rows = page
    page = []
    return { kind: 'rows', rows }
  }
  for await (const batch of isWalked ? walked.again(pacer) : walked.walk(root, pacer)) {
    const last = batch.at(-1)
    if (last !== undefined) await decodeTo(last, readings, pacer)
    if (!isWalked) walked.look(root, batch)
    for (const path of batch) {
      // All of the head may stand before a path.
      for (let row = missing(path); row !== undefined; row = missing(path)) {
        take(row)
        if (!isFull()) continue
        yield turnPage()
        await pacer.did(0)
      }
      if (path !== ROOT_PATH && !isOut(path)) take(rowOf(init, told, path))
    }
    const isDue = told.isDue()
    const isFirst = page.length > 0 && told.rows.size === page.length
    if (isFull() || (page.length > 0 && (isDue || isFirst))) yield turnPage()
    if (isDue) yield told.progress(null)
  }
  await base.whole(pacer)
  for (let row = missing(); row !== undefined; row = missing()) {
    take(row)
    if (!isFull()) continue
    yield turnPage()
    await pacer.did(0)
  }
  if (page.length > 0) yield turnPage()
}

function rowOf({ walked, base }: WalkRowsInit, told: Told, path: TreePath): PreviewRow | undefined {
  const stat = walked.stats.get(path)
  const entry = walked.entries.get(path)
  if (stat?.kind === 'file') {
    told.files++
    if (entry !== undefined) told.bytes += stat.size
  }
  if (stat === undefined || walked.problems.has(path)) return undefined
  const before = base.find(path)
  if (entry === undefined) return unreadRow(path, stat, before)
  // Which of an inode's names is the file, and which are hardlinks to it, shows at the end.
  if (stat.links > 1 && stat.kind === 'file') return undefined
  return earlyRow(entry, before, base.digests, walked.looks.get(path))
}

/** The next row of what the head has and the folder does not, before a path or anywhere; each once, then undefined. */
function missingRows({ base, walked, isOut }: WalkRowsInit): (before?: TreePath) => PreviewRow | undefined {
  let next = 0
  const isProblem = (path: TreePath): boolean => {
    for (const place of walked.problems.keys()) if (!isOut(place) && isAtOrBelow(path, [place])) return true
    return false
  }
  return (before) => {
    for (let entry = base.entries[next]; entry !== undefined; entry = base.entries[next]) {
      if (before !== undefined && entry.path >= before) return undefined
      next++
      const isThere = walked.stats.has(entry.path) && !isOut(entry.path)
      if (!isThere && !isProblem(entry.path)) return removedRow(entry)
    }
    return undefined
  }
}
