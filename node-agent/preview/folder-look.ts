import { type Entry, type Manifest, ROOT_PATH, sameEntry, type TreePath } from '../../protocol/index.ts'
import type { PreviewItem, PreviewRow, PreviewWarning } from '../../protocol/control/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { type Difference, diffSteps } from '../publish/diff.ts'
import { readReleaseFile, settingsWarnings } from '../publish/release-file.ts'
import { groupNames, Pacer, readFiles, userNames } from '../scan/index.ts'
import { ContentLooker } from './content-look.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import { peek } from './peek.ts'
import { earlyRow, previewRow, rowUpdates, unreadRow } from './rows.ts'
import { entryAt, exclusion, isAtOrBelow, type Ordered, orderPaths } from './selection.ts'
import type { Base, ShownRows } from './types.ts'
import { previewWarnings } from './warnings.ts'
import type { Walked } from './walked.ts'

export interface FolderLookInit {
  readonly root: TreeRoot
  readonly walked: Walked
  /** It was walked before: that is not done again. */
  readonly isWalked: boolean
  readonly base: Base
  readonly exclude: readonly string[]
  /** The wall clock, milliseconds. */
  readonly now: () => number
  readonly signal: AbortSignal
}

/** A folder as a release, beside its channel's head. */
export interface FolderLook {
  /** What would be published. */
  readonly manifest: Manifest
  readonly difference: Difference
  readonly warnings: readonly PreviewWarning[]
}

/**
 * Compares a folder with its channel's head. What its stats tell comes as it is walked; then the files whose stat says nothing are read, and what that told
 * takes the place of what was said before; at last all of it is compared once more as publishing would (PREV-2).
 * @throws RELEASE_FILE_INVALID, SOURCE_INVALID, BAD_REQUEST for a glob, CANCELLED
 */
export function lookAtFolder(init: FolderLookInit): AsyncGenerator<PreviewItem, FolderLook, undefined> {
  return new FolderLooker(init).run()
}

class FolderLooker {
  readonly #init: FolderLookInit
  readonly #shown: ShownRows = new Map()
  readonly #isOut: (path: TreePath) => boolean
  #files = 0
  #bytes = 0
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(init: FolderLookInit) {
    this.#init = init
    this.#isOut = exclusion(init.exclude)
  }

  async *run(): AsyncGenerator<PreviewItem, FolderLook, undefined> {
    const { root, walked, base, signal } = this.#init
    const pacer = new Pacer(signal)
    walked.settings = await readReleaseFile(root)
    yield* this.#walk(pacer)
    const isOut = (path: TreePath): boolean => this.#isOut(path)
    const ordered = orderPaths(walked.stats, isOut)
    yield* this.#read(ordered)
    const manifest = await this.#manifest(ordered, pacer)
    const problems = new Map([...walked.problems].filter(([path]) => !isOut(path)))
    const previous = base.manifest && withoutPlaces(base.manifest, [...problems.keys()])
    const difference = await pacer.steps(diffSteps(previous, manifest, root.path))
    await peek(root, walked, difference.rows, pacer)
    yield* rowUpdates(
      this.#shown,
      difference.rows.map((row) => previewRow(row, walked.looks.get(row.path))),
    )
    const settings = settingsWarnings(manifest.header.settings, manifest.entries)
    const facts = { previous, next: manifest, difference, root: root.path, problems, looks: walked.looks, settings }
    const warnings = await pacer.steps(previewWarnings(facts))
    if (warnings.length > 0) yield { kind: 'warnings', warnings }
    yield this.#progress(this.#files)
    return { manifest, difference, warnings }
  }

  async *#walk(pacer: Pacer): AsyncGenerator<PreviewItem, void, undefined> {
    const { root, walked, isWalked } = this.#init
    let page: PreviewRow[] = []
    const batches = isWalked ? pagesOf(walked.stats.keys(), pacer) : walked.walk(root, pacer)
    for await (const batch of batches) {
      for (const path of batch) {
        if (path === ROOT_PATH || this.#isOut(path)) continue
        const row = this.#rowOf(path)
        if (row === undefined) continue
        page.push(row)
        this.#shown.set(row.path, row)
      }
      const isDue = this.#isDue()
      if (
        page.length >= PREVIEW_LIMITS.rowsPerPage ||
        (page.length > 0 && (isDue || this.#shown.size === page.length))
      ) {
        yield { kind: 'rows', rows: page }
        page = []
      }
      if (isDue) yield this.#progress(null)
    }
    if (page.length > 0) yield { kind: 'rows', rows: page }
    yield* this.#removed()
  }

  /** What the head has and the folder does not. */
  *#removed(): Generator<PreviewItem, void, undefined> {
    const { walked, base } = this.#init
    const problems = [...walked.problems.keys()].filter((path) => !this.#isOut(path))
    const rows: PreviewRow[] = []
    for (const entry of base.manifest?.entries ?? []) {
      const isThere = walked.stats.has(entry.path) && !this.#isOut(entry.path)
      if (isThere || isAtOrBelow(entry.path, problems)) continue
      const size = entry.kind === 'file' ? entry.size : null
      const change = { what: 'removed', path: entry.path, kind: entry.kind, from: null, sizeBefore: size } as const
      const row = previewRow({ ...change, sizeAfter: null, detail: '', risk: null, newBytes: 0 }, undefined)
      rows.push(row)
      this.#shown.set(row.path, row)
    }
    const { rowsPerPage } = PREVIEW_LIMITS
    for (let at = 0; at < rows.length; at += rowsPerPage) yield { kind: 'rows', rows: rows.slice(at, at + rowsPerPage) }
  }

  #rowOf(path: TreePath): PreviewRow | undefined {
    const { walked, base } = this.#init
    const stat = walked.stats.get(path)
    const entry = walked.entries.get(path)
    if (stat?.kind === 'file') {
      this.#files++
      if (entry !== undefined) this.#bytes += stat.size
    }
    if (stat === undefined || walked.problems.has(path)) return undefined
    // Which of an inode's names is the file, and which are hardlinks to it, shows at the end.
    if (entry !== undefined)
      return stat.links > 1 && stat.kind === 'file' ? undefined : earlyRow(entry, base, walked.looks.get(path))
    return unreadRow(path, stat, base)
  }

  /** Reads the files of which nothing is known yet, and tells what that changes. */
  async *#read(ordered: Ordered): AsyncGenerator<PreviewItem, void, undefined> {
    const { root, walked, base, now, signal } = this.#init
    const unread = ordered.paths.flatMap((path) => {
      const stat = walked.stats.get(path)
      const isKnown = walked.entries.has(path) || walked.problems.has(path) || ordered.hardlinks.has(path)
      return stat?.kind === 'file' && !isKnown ? [{ path, stat }] : []
    })
    if (unread.length === 0) return
    const nowNs = BigInt(Math.floor(now())) * 1_000_000n
    const lookers = new Map<TreePath, ContentLooker>()
    let done: TreePath[] = []
    // Whoever leaves this stream ends the reading.
    const left = new AbortController()
    const pacer = new Pacer(AbortSignal.any([signal, left.signal]), (bytes) => void (this.#bytes += bytes))
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
    try {
      for (;;) {
        const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), PREVIEW_LIMITS.tellMs))
        const isOver = await Promise.race([finished, pause])
        const paths = done
        done = []
        yield* this.#tellRead(paths, base)
        yield this.#progress(this.#files)
        if (isOver) break
      }
      await reading
    } finally {
      left.abort()
      await finished
    }
  }

  *#tellRead(paths: readonly TreePath[], base: Base): Generator<PreviewItem, void, undefined> {
    const { walked } = this.#init
    const changed: PreviewRow[] = []
    const gone: string[] = []
    for (const path of paths) {
      const [entry, stat] = [walked.entries.get(path), walked.stats.get(path)]
      if (entry === undefined || (stat?.links ?? 0) > 1) continue
      const row = earlyRow(entry, base, walked.looks.get(path))
      if (row !== undefined) changed.push(row)
      else if (this.#shown.has(path)) gone.push(path)
      if (row === undefined) this.#shown.delete(path)
      else this.#shown.set(path, row)
    }
    const { rowsPerPage } = PREVIEW_LIMITS
    for (let at = 0; at < Math.max(changed.length, gone.length); at += rowsPerPage) {
      const end = at + rowsPerPage
      yield { kind: 'updates', changed: changed.slice(at, end), gone: gone.slice(at, end) }
    }
  }

  async #manifest(ordered: Ordered, pacer: Pacer): Promise<Manifest> {
    const { walked, base } = this.#init
    const entries: Entry[] = []
    for (const path of ordered.paths) {
      const entry = walked.problems.has(path) ? undefined : entryAt(path, ordered, walked.entries)
      if (entry === undefined || (entry.kind === 'hardlink' && walked.problems.has(entry.target))) continue
      const before = base.byPath.get(path)
      entries.push(before !== undefined && sameEntry(before, entry) ? before : entry)
      await pacer.did(0)
    }
    const settings = walked.settings ?? { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] }
    return { header: { format: 1, users: userNames(entries), groups: groupNames(entries), settings }, entries }
  }

  #progress(totalFiles: number | null): PreviewItem {
    return { kind: 'progress', files: this.#files, bytes: this.#bytes, totalFiles }
  }

  #isDue(): boolean {
    const now = performance.now()
    if (now - this.#toldMs < PREVIEW_LIMITS.tellMs) return false
    this.#toldMs = now
    return true
  }
}

/** A release without some places and what is below them: nothing is said of those. */
function withoutPlaces(manifest: Manifest, places: readonly TreePath[]): Manifest {
  if (places.length === 0) return manifest
  return { ...manifest, entries: manifest.entries.filter(({ path }) => !isAtOrBelow(path, places)) }
}

const BATCH = 256

async function* pagesOf(paths: Iterable<TreePath>, pacer: Pacer): AsyncGenerator<readonly TreePath[], void, undefined> {
  let page: TreePath[] = []
  for (const path of paths) {
    page.push(path)
    if (page.length < BATCH) continue
    yield page
    page = []
    await pacer.did(0)
  }
  yield page
}
