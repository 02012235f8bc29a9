import { STEP_ITEMS, type Steps, type TreePath } from '../../protocol/index.ts'
import type { PreviewItem, PreviewRow } from '../../protocol/control/index.ts'
import type { TreeStat } from '../fs/index.ts'
import { Pacer, readFiles } from '../scan/index.ts'
import { ContentLooker } from './content-look.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import { earlyRow, pagesOf } from './rows.ts'
import type { Ordered } from './selection.ts'
import type { Told } from './told.ts'
import type { FolderLookInit } from './types.ts'
import type { Walked } from './walked.ts'

/** Reads the files of which nothing is known yet, and tells what that changes. @throws CANCELLED */
export async function* readRows(
  init: Pick<FolderLookInit, 'root' | 'walked' | 'base' | 'now' | 'signal'>,
  ordered: Ordered,
  told: Told,
): AsyncGenerator<PreviewItem, void, undefined> {
  const { root, walked, base, now, signal } = init
  // Whoever leaves this stream ends the reading.
  const left = new AbortController()
  const pacer = new Pacer(AbortSignal.any([signal, left.signal]), (bytes) => void (told.bytes += bytes))
  const unread = await pacer.steps(unreadFiles(ordered, walked))
  if (unread.length === 0) return
  const nowNs = BigInt(Math.floor(now())) * 1_000_000n
  const lookers = new Map<TreePath, ContentLooker>()
  let done: TreePath[] = []
  const reading = readFiles(root, unread, pacer, {
    sink: (_ref, bytes, path) => {
      const looker = lookers.get(path) ?? new ContentLooker()
      lookers.set(path, looker)
      looker.take(bytes)
    },
    onFile: (path, chunks) => {
      const looker = lookers.get(path)
      lookers.delete(path)
      walked.looks.set(path, (looker ?? new ContentLooker()).look)
      walked.read(root, path, chunks, nowNs)
      done.push(path)
    },
    onProblem: (path, error) => {
      lookers.delete(path)
      walked.problems.set(path, error)
    },
  })
  const finished = reading.then(
    () => true,
    () => true,
  )
  const telling = new Pacer(signal)
  try {
    for (;;) {
      const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), PREVIEW_LIMITS.tellMs))
      const isOver = await Promise.race([finished, pause])
      const paths = done
      done = []
      yield* pagesOf(readUpdates(paths, walked, base, told), telling)
      yield told.progress(told.files)
      if (isOver) break
    }
    await reading
  } finally {
    left.abort()
    await finished
  }
}

function* unreadFiles(
  { paths, hardlinks }: Ordered,
  { stats, entries, problems }: Walked,
): Steps<readonly { readonly path: TreePath; readonly stat: TreeStat }[]> {
  const unread: { path: TreePath; stat: TreeStat }[] = []
  for (const [i, path] of paths.entries()) {
    const stat = stats.get(path)
    const isKnown = entries.has(path) || problems.has(path) || hardlinks.has(path)
    if (stat?.kind === 'file' && !isKnown) unread.push({ path, stat })
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  return unread
}

/** What is known better of files that were read: another row, or, as a path, that it is no change. */
function* readUpdates(
  paths: readonly TreePath[],
  walked: Walked,
  base: FolderLookInit['base'],
  told: Told,
): Generator<PreviewRow | string> {
  for (const path of paths) {
    const [entry, stat] = [walked.entries.get(path), walked.stats.get(path)]
    if (entry === undefined || (stat?.links ?? 0) > 1) continue
    const row = earlyRow(entry, base.find(path), base.digests, walked.looks.get(path))
    if (row !== undefined) {
      told.rows.set(path, row)
      yield row
    } else if (told.rows.delete(path)) yield path
  }
}
