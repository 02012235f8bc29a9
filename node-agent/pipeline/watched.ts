import { compileGlobs, type Entry, type Manifest, type TreePath } from '../../protocol/index.ts'
import { compareEntry } from '../scan/index.ts'
import type { CommittedRelease, ManifestStore } from '../store/index.ts'

/** Paths that processes read once, as the release says, and that differ between two releases. */
function watchedChanges(previous: Manifest | undefined, next: Manifest): readonly TreePath[] {
  const { watch } = next.header.settings
  if (watch.length === 0 || previous === undefined) return []
  const matches = compileGlobs(watch)
  const select = ({ entries }: Manifest): Map<TreePath, Entry> =>
    new Map(entries.filter(({ path, kind }) => kind !== 'directory' && matches(path)).map((e) => [e.path, e]))
  const [before, after] = [select(previous), select(next)]
  const changed = [...after].filter(([path, entry]) => {
    const old = before.get(path)
    return old === undefined || compareEntry(entry, old) !== undefined
  })
  return [...changed.map(([path]) => path), ...[...before.keys()].filter((path) => !after.has(path))].toSorted()
}

/** What the last commit changed of it, and when. */
export async function watchedByLast(
  manifests: Pick<ManifestStore, 'load'>,
  committed: CommittedRelease | undefined,
): Promise<{ readonly changed: readonly TreePath[]; readonly sinceMs: number }> {
  const next = committed === undefined ? undefined : await manifests.load(committed.manifest)
  if (next === undefined || !committed?.before) return { changed: [], sinceMs: 0 }
  const previous = next.header.settings.watch.length === 0 ? undefined : await manifests.load(committed.before.manifest)
  return { changed: watchedChanges(previous, next), sinceMs: committed.commit.atMs }
}
