import { type Digest, type Entry, pathIndex, STEP_ITEMS, type TreePath } from '../../protocol/index.ts'
import { CONTROL_LIMITS, type PreviewItem, type PreviewRow } from '../../protocol/control/index.ts'
import type { TreeStat } from '../fs/index.ts'
import { isSame } from '../publish/changes.ts'
import { type ChangeRow, changeRow } from '../publish/diff.ts'
import { type Pacer, splitNs } from '../scan/index.ts'
import type { ContentLook } from './content-look.ts'
import { PREVIEW_LIMITS } from './limits.ts'

/**
 * The row of a path whose entry is known by now; undefined when it is no change. What may be known better later: renames, links that lead nowhere, and, while
 * `known`, the chunks of the head, is not, what of its content is new. Pure.
 */
export function earlyRow(
  entry: Entry,
  before: Entry | undefined,
  known: ReadonlySet<Digest> | undefined,
  look: ContentLook | undefined,
): PreviewRow | undefined {
  if (before !== undefined && isSame(before, entry)) return undefined
  const what = before === undefined ? 'added' : 'changed'
  const row = changeRow({ what, path: entry.path, before, after: entry, risk: null, known: known ?? new Set() })
  return known === undefined ? { ...previewRow(row, look), newBytes: null } : previewRow(row, look)
}

/** The row of a file that was not read yet; undefined when its content decides whether it is a change. Pure. */
export function unreadRow(path: TreePath, stat: TreeStat, before: Entry | undefined): PreviewRow | undefined {
  if (before === undefined && stat.links > 1) return undefined
  if (before?.kind === 'hardlink') return undefined
  if (before !== undefined && before.kind === 'file' && looksSame(before, stat)) return undefined
  const sizeBefore = before?.kind === 'file' ? before.size : null
  return {
    what: before === undefined ? 'added' : 'changed',
    path,
    kind: 'file',
    from: null,
    sizeBefore,
    sizeAfter: stat.size,
    detail: before === undefined ? '' : before.kind === 'file' ? 'not read yet' : `${before.kind} → file`,
    risk: null,
    newBytes: null,
    text: isShort(stat.size) && isShort(sizeBefore),
  }
}

const looksSame = (before: Extract<Entry, { kind: 'file' }>, stat: TreeStat): boolean => {
  const { mtimeSec, mtimeNs } = splitNs(stat.mtimeNs)
  return (
    before.size === stat.size &&
    before.mode === stat.mode &&
    before.uid === stat.uid &&
    before.gid === stat.gid &&
    before.mtimeSec === mtimeSec &&
    before.mtimeNs === mtimeNs
  )
}

/** The row of what the head has and the folder does not. Pure. */
export function removedRow(entry: Entry): PreviewRow {
  const change = { what: 'removed', path: entry.path, before: entry, after: undefined, risk: null } as const
  return previewRow(changeRow({ ...change, known: new Set() }), undefined)
}

function previewRow(row: ChangeRow, look: ContentLook | undefined): PreviewRow {
  const isText = row.kind === 'file' && look?.isBinary !== true && isShort(row.sizeBefore) && isShort(row.sizeAfter)
  return { ...row, newBytes: row.sizeAfter === null ? null : row.newBytes, text: isText }
}

const isShort = (size: number | null): boolean => size === null || size <= CONTROL_LIMITS.previewTextBytes

/**
 * What was not told yet, or otherwise, as a row; what is no change, as its path; undefined for the others. `shown` is as it was told afterwards.
 * @param rows in path order
 */
export function* rowUpdates(
  shown: Map<string, PreviewRow>,
  rows: readonly ChangeRow[],
  looks: ReadonlyMap<TreePath, ContentLook>,
): Generator<PreviewRow | string | undefined> {
  for (const change of rows) {
    const row = previewRow(change, looks.get(change.path))
    const before = shown.get(row.path)
    const isTold = before !== undefined && sameRow(before, row)
    if (!isTold) shown.set(row.path, row)
    yield isTold ? undefined : row
  }
  if (shown.size === rows.length) return
  for (const path of shown.keys()) yield pathIndex(rows, path) < 0 && shown.delete(path) ? path : undefined
}

const sameRow = (a: PreviewRow, b: PreviewRow): boolean =>
  a.what === b.what &&
  a.kind === b.kind &&
  a.from === b.from &&
  a.sizeBefore === b.sizeBefore &&
  a.sizeAfter === b.sizeAfter &&
  a.detail === b.detail &&
  a.risk === b.risk &&
  a.newBytes === b.newBytes &&
  a.text === b.text

/** Updates in pages, with pauses between and within. @throws CANCELLED */
export async function* pagesOf(
  updates: Iterable<PreviewRow | string | undefined>,
  pacer: Pacer,
): AsyncGenerator<PreviewItem, void, undefined> {
  let [changed, gone, looked]: [PreviewRow[], string[], number] = [[], [], 0]
  for (const update of updates) {
    if (typeof update === 'string') gone.push(update)
    else if (update !== undefined) changed.push(update)
    const isFull = changed.length + gone.length >= PREVIEW_LIMITS.rowsPerPage
    if (isFull) {
      yield { kind: 'updates', changed, gone }
      ;[changed, gone] = [[], []]
    }
    if (isFull || ++looked % STEP_ITEMS === 0) await pacer.did(0)
  }
  if (changed.length + gone.length > 0) yield { kind: 'updates', changed, gone }
}
