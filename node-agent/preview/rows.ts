import type { Entry, TreePath } from '../../protocol/index.ts'
import { CONTROL_LIMITS, type PreviewItem, type PreviewRow } from '../../protocol/control/index.ts'
import type { TreeStat } from '../fs/index.ts'
import { isSame } from '../publish/changes.ts'
import { type ChangeRow, changeRow } from '../publish/diff.ts'
import { splitNs } from '../scan/index.ts'
import type { ContentLook } from './content-look.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import type { Base, ShownRows } from './types.ts'

/** The row of a path whose entry is known by now; undefined when it is no change. What may be known better later: renames, and links that lead nowhere. Pure. */
export function earlyRow(entry: Entry, base: Base, look: ContentLook | undefined): PreviewRow | undefined {
  const before = base.byPath.get(entry.path)
  if (before !== undefined && isSame(before, entry)) return undefined
  const what = before === undefined ? 'added' : 'changed'
  const row = changeRow({ what, path: entry.path, before, after: entry, risk: null, known: base.digests })
  return previewRow(row, look)
}

/** The row of a file that was not read yet; undefined when its content decides whether it is a change. Pure. */
export function unreadRow(path: TreePath, stat: TreeStat, base: Base): PreviewRow | undefined {
  const before = base.byPath.get(path)
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

/** Pure. */
export function previewRow(row: ChangeRow, look: ContentLook | undefined): PreviewRow {
  const isText = row.kind === 'file' && look?.isBinary !== true && isShort(row.sizeBefore) && isShort(row.sizeAfter)
  return { ...row, newBytes: row.sizeAfter === null ? null : row.newBytes, text: isText }
}

const isShort = (size: number | null): boolean => size === null || size <= CONTROL_LIMITS.previewTextBytes

/** Sends what is not shown yet, or otherwise; takes back what is no change. Pages of both. */
export function* rowUpdates(shown: ShownRows, rows: readonly PreviewRow[]): Generator<PreviewItem, void, undefined> {
  const wanted = new Map(rows.map((row) => [row.path, row]))
  const gone = [...shown.keys()].filter((path) => !wanted.has(path))
  const changed = rows.filter((row) => {
    const before = shown.get(row.path)
    return before === undefined || !sameRow(before, row)
  })
  for (const path of gone) shown.delete(path)
  for (const row of changed) shown.set(row.path, row)
  const { rowsPerPage } = PREVIEW_LIMITS
  for (let at = 0; at < Math.max(changed.length, gone.length); at += rowsPerPage) {
    yield {
      kind: 'updates',
      changed: changed.slice(at, at + rowsPerPage),
      gone: gone.slice(at, at + rowsPerPage),
    }
  }
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
