import { fromByteString } from '../../protocol/ids/index.ts'
import type {
  ControlClient,
  PreviewItem,
  PreviewResult,
  PreviewRow,
  PreviewWarning,
} from '../../protocol/control/window.ts'

/** What a preview has told so far. `rows` grows in place: `count` says how many of them belong to this picture. */
export interface PreviewState {
  readonly files: number
  readonly bytes: number
  readonly totalFiles: number | null
  readonly rows: readonly PreviewRow[]
  readonly count: number
  readonly warnings: readonly PreviewWarning[]
  readonly result: PreviewResult | undefined
}

/** What is known better makes another list, which is drawn anew: less often than rows that are added to it. */
const BETTER_MS = 1_000

/** Pictures come no faster than this: a window draws, and does not count. */
const PICTURE_MS = 120

/** Reads a folder against a channel's head; a picture at once, then a few a second, and the last with the ticket. */
export async function* readPreview(
  client: ControlClient,
  request: { readonly folder: string; readonly channel: string; readonly exclude: readonly string[] },
  signal: AbortSignal,
  now: () => number = () => performance.now(),
): AsyncGenerator<PreviewState, void, undefined> {
  let rows: PreviewRow[] = []
  let better: Updates[] = []
  let betterAt = -Infinity
  let state: PreviewState = { files: 0, bytes: 0, totalFiles: null, rows, count: 0, warnings: [], result: undefined }
  const stream = client.stream('publishPreview', request, { signal })
  let shownAt = -Infinity
  const takeBetter = (): void => {
    if (better.length > 0) rows = withUpdates(rows, better)
    better = []
    betterAt = now()
  }
  for (;;) {
    const step = await stream.next()
    if (step.done === true) {
      takeBetter()
      yield { ...state, rows, count: rows.length, result: step.value }
      return
    }
    const item = step.value
    if (item.kind === 'progress')
      state = { ...state, files: item.files, bytes: item.bytes, totalFiles: item.totalFiles }
    else if (item.kind === 'warnings') state = { ...state, warnings: [...state.warnings, ...item.warnings] }
    else if (item.kind === 'rows') rows.push(...item.rows)
    else better.push(item)
    if (better.length > 0 && now() - betterAt >= BETTER_MS) takeBetter()
    state = { ...state, rows, count: rows.length }
    if (now() - shownAt < PICTURE_MS) continue
    shownAt = now()
    yield state
  }
}

type Updates = Extract<PreviewItem, { readonly kind: 'updates' }>

/** The same rows in the same places, those that are known better by now, without those that are no changes, and new ones last. */
function withUpdates(rows: readonly PreviewRow[], updates: readonly Updates[]): PreviewRow[] {
  const byPath = new Map(rows.map((row) => [row.path, row]))
  for (const { changed, gone } of updates) {
    for (const path of gone) byPath.delete(path)
    for (const row of changed) byPath.set(row.path, row)
  }
  return [...byPath.values()]
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A glob that names this path (a byte string) alone (GLOB-1): what it would take for patterns is escaped. A name that is no UTF-8 cannot be
 * written as text; `?` stands for each of its bytes that are not ASCII.
 */
export const exactGlob = (path: string): string => path.split('/').map(nameGlob).join('/')

function nameGlob(name: string): string {
  try {
    return utf8.decode(fromByteString(name)).replaceAll(/[\\*?[]/g, '\\$&')
  } catch {
    return name.replaceAll(/[\\*?[]/g, '\\$&').replaceAll(/[\u0080-\u00ff]/g, '?')
  }
}

/** A folder and everything below it. */
export const folderGlobs = (path: string): readonly string[] => [exactGlob(path), `${exactGlob(path)}/**`]
