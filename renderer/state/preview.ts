import { fromByteString } from '../../protocol/ids/index.ts'
import type { ControlClient, PreviewResult, PreviewRow, PreviewWarning } from '../../protocol/control/window.ts'
import { type ChangeCounts, PreviewRows } from './preview-rows.ts'

/** What a preview has told so far. `rows` grows in place, and rows in it give way to better ones: `count` says how many of them belong to this picture. */
export interface PreviewState {
  readonly files: number
  readonly bytes: number
  readonly totalFiles: number | null
  readonly rows: readonly PreviewRow[]
  readonly count: number
  readonly counts: ChangeCounts
  readonly warnings: readonly PreviewWarning[]
  readonly result: PreviewResult | undefined
}

/** Another list is drawn anew: less often than rows are added to it. */
const RENEW_MS = 1_000

/** Pictures come no faster than this: a window draws, and does not count. */
const PICTURE_MS = 120

/** Reads a folder against a channel's head; a picture at once, then a few a second, and the last with the ticket. */
export async function* readPreview(
  client: ControlClient,
  request: { readonly folder: string; readonly channel: string; readonly exclude: readonly string[] },
  signal: AbortSignal,
  now: () => number = () => performance.now(),
): AsyncGenerator<PreviewState, void, undefined> {
  const rows = new PreviewRows()
  let told: Pick<PreviewState, 'files' | 'bytes' | 'totalFiles'> = { files: 0, bytes: 0, totalFiles: null }
  const warnings: PreviewWarning[] = []
  let [renewedAt, shownAt] = [-Infinity, -Infinity]
  const picture = (result?: PreviewResult): PreviewState => {
    const { list, counts } = rows
    return { ...told, rows: list, count: list.length, counts, warnings: [...warnings], result }
  }
  const stream = client.stream('publishPreview', request, { signal })
  for (;;) {
    const step = await stream.next()
    if (step.done === true) {
      if (rows.isHeld) rows.renew()
      yield picture(step.value)
      return
    }
    const item = step.value
    if (item.kind === 'progress') told = { files: item.files, bytes: item.bytes, totalFiles: item.totalFiles }
    else if (item.kind === 'warnings') warnings.push(...item.warnings)
    else if (item.kind === 'rows') rows.add(item.rows)
    else rows.update(item)
    if (rows.isHeld && now() - renewedAt >= RENEW_MS) {
      rows.renew()
      renewedAt = now()
    }
    if (now() - shownAt < PICTURE_MS) continue
    shownAt = now()
    yield picture()
  }
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
