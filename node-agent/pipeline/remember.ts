import type { ChannelName, Manifest } from '../../protocol/index.ts'
import { whereDisplaced } from '../commit/index.ts'
import { type CommittedRelease, writeCommitted } from '../store/index.ts'
import { rememberDisplaced } from './displaced-paths.ts'
import { retainedKey, type TargetTree } from './target-tree.ts'
import type { Committed, PipelineDeps } from './types.ts'

/** Makes a committed release the target's own: what a restart finds, what others are told, what chunks are found by. Durable; the journal ends with it. */
export async function remember(
  deps: PipelineDeps,
  init: { readonly channel: ChannelName; readonly tree: TargetTree; readonly previous: CommittedRelease | undefined },
  release: CommittedRelease,
  committed: Committed,
): Promise<void> {
  const { store, live, manifests, chunks, journal, switches } = deps
  const { channel, tree, previous } = init
  const before: Manifest | undefined = previous === undefined ? undefined : await manifests.load(previous.manifest)
  const next = await manifests.load(release.manifest)
  if (previous !== undefined && previous.manifest !== release.manifest) chunks.removeWhole(previous.manifest)
  await writeCommitted(store, channel, release)
  await journal.end(channel)
  await switches.end(channel)
  await live.replace(channel, before, next)
  const { folder, displaced } = committed
  const found = tree.retained().find(({ retained }) => retained.path === folder)
  if (before !== undefined && found !== undefined) {
    await rememberDisplaced(store, retainedKey(channel, found), displaced)
    await live.add(retainedKey(channel, found), before, (path) => whereDisplaced(displaced, path))
  }
  await chunks.addWhole(release.manifest)
}
