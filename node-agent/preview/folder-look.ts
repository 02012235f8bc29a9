import { type Entry, type Manifest, sharingWith, STEP_ITEMS, type Steps, type TreePath } from '../../protocol/index.ts'
import type { PreviewItem, PreviewWarning } from '../../protocol/control/index.ts'
import { type Difference, diffSteps } from '../publish/diff.ts'
import { readReleaseFile, settingsWarnings } from '../publish/release-file.ts'
import { groupNames, Pacer, userNames } from '../scan/index.ts'
import { peek } from './peek.ts'
import { readRows } from './read-rows.ts'
import { pagesOf, rowUpdates } from './rows.ts'
import { entryAt, exclusion, isAtOrBelow, type Ordered, orderPaths } from './selection.ts'
import { Told } from './told.ts'
import { previewWarnings } from './warnings.ts'
import { walkRows } from './walk-rows.ts'
import type { FolderLookInit } from './types.ts'

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
export async function* lookAtFolder(init: FolderLookInit): AsyncGenerator<PreviewItem, FolderLook, undefined> {
  const { root, walked, base, exclude, signal } = init
  const isOut = exclusion(exclude)
  const told = new Told()
  const pacer = new Pacer(signal)
  walked.settings = await readReleaseFile(root)
  yield* walkRows({ ...init, isOut }, told, pacer)
  const ordered = await pacer.steps(orderPaths(walked.stats, isOut))
  yield* readRows(init, ordered, told)
  const manifest = await pacer.steps(manifestSteps(init, ordered))
  const problems = new Map([...walked.problems].filter(([path]) => !isOut(path)))
  const previous = base.manifest && withoutPlaces(base.manifest, [...problems.keys()])
  const difference = await pacer.steps(diffSteps(previous, manifest, root.path, base.digests))
  await peek(root, walked, difference.rows, pacer)
  yield* pagesOf(rowUpdates(told.rows, difference.rows, walked.looks), pacer)
  const settings = settingsWarnings(manifest.header.settings, manifest.entries)
  const facts = { previous, next: manifest, difference, root: root.path, problems, looks: walked.looks, settings }
  const warnings = await pacer.steps(previewWarnings(facts))
  if (warnings.length > 0) yield { kind: 'warnings', warnings }
  yield told.progress(told.files)
  return { manifest, difference, warnings }
}

/** Entries that the head has too are the head's own. */
function* manifestSteps({ walked, base }: FolderLookInit, ordered: Ordered): Steps<Manifest> {
  const entries: Entry[] = []
  const share = sharingWith(base.entries)
  for (const [i, path] of ordered.paths.entries()) {
    const entry = walked.problems.has(path) ? undefined : entryAt(path, ordered, walked.entries)
    if (entry !== undefined && !(entry.kind === 'hardlink' && walked.problems.has(entry.target)))
      entries.push(share(entry))
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  const settings = walked.settings ?? { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] }
  const users = userNames(entries)
  yield
  return { header: { format: 1, users, groups: groupNames(entries), settings }, entries }
}

/** A release without some places and what is below them: nothing is said of those. */
function withoutPlaces(manifest: Manifest, places: readonly TreePath[]): Manifest {
  if (places.length === 0) return manifest
  return { ...manifest, entries: manifest.entries.filter(({ path }) => !isAtOrBelow(path, places)) }
}
