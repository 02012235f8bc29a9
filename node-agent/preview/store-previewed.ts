import { type Digest, displayPath, type Manifest, sameChunks, ShoalError, type TreePath } from '../../protocol/index.ts'
import { openTreeRoot } from '../fs/index.ts'
import { type ChunkSink, Pacer, readFiles, type ScanProgress } from '../scan/index.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import { checkStamps } from './stamps.ts'
import type { Previewed } from './tickets.ts'

export interface StorePreviewedInit {
  /** Whether a chunk is in the store already. */
  readonly has: (digest: Digest) => Promise<boolean>
  readonly keep: ChunkSink
  readonly onProgress: (progress: ScanProgress) => void
  readonly signal: AbortSignal
}

/**
 * Hands out the content of what was previewed as far as it is not stored, and nothing else: afterwards all of it is stored, or it is refused (PREV-8).
 * @returns the manifest that was previewed
 * @throws STALE_PREVIEW naming the first differences, CANCELLED
 */
export async function storePreviewed(
  previewed: Previewed,
  { has, keep, onProgress, signal }: StorePreviewedInit,
): Promise<Manifest> {
  const { manifest, dir } = previewed
  const root = openTreeRoot(dir)
  try {
    const check = await checkStamps(root, previewed, PREVIEW_LIMITS.namedDifferences, new Pacer(signal))
    if (check.count > 0) throw stale(check.count, check.named)
    const wanted = new Map<TreePath, Extract<Manifest['entries'][number], { kind: 'file' }>>()
    for (const entry of manifest.entries) {
      if (entry.kind !== 'file') continue
      for (const { digest } of entry.chunks) {
        if (await has(digest)) continue
        wanted.set(entry.path, entry)
        break
      }
    }
    const files = [...wanted.keys()].flatMap((path) => {
      const stat = check.files.get(path)
      return stat === undefined ? [] : [{ path, stat }]
    })
    const totals = { totalFiles: files.length, totalBytes: files.reduce((sum, { stat }) => sum + stat.size, 0) }
    let [done, bytes] = [0, 0]
    const pacer = new Pacer(signal, (count) => {
      bytes += count
      onProgress({ files: done, bytes, ...totals })
    })
    const changed: string[] = []
    await readFiles(root, files, pacer, {
      sink: keep,
      onFile: (path, chunks) => {
        done++
        if (!sameChunks(chunks, wanted.get(path)?.chunks ?? [])) changed.push(`${displayPath(path)} has changed`)
      },
      onProblem: (path) => void changed.push(`${displayPath(path)} has changed`),
    })
    if (changed.length > 0) throw stale(changed.length, changed.toSorted().slice(0, PREVIEW_LIMITS.namedDifferences))
    return manifest
  } finally {
    root.close()
  }
}

function stale(count: number, named: readonly string[]): ShoalError {
  const paths = count === 1 ? '1 path is' : `${count} paths are`
  const more = count > named.length ? `, and ${count - named.length} more` : ''
  return new ShoalError(
    'STALE_PREVIEW',
    `${paths} not what was previewed: ${named.join('; ')}${more}. Nothing was published; look at the folder again`,
  )
}
