import { stat } from 'node:fs/promises'
import type { Core } from '../core.ts'
import type { LocalChunks } from '../store/index.ts'
import { neededChunks, neededManifests } from './keep.ts'

/** A manifest that came this recently may be about to be used: fetched for a head, saved by a publish. */
const FRESH_MS = 3_600_000

export interface Collected {
  readonly manifests: number
  /** Of packs deleted; what was rewritten of them is written again elsewhere. */
  readonly bytes: number
}

/**
 * Deletes what no release and no host needs any more. No publish runs meanwhile: a publisher relies on every chunk that it finds in the store.
 * @throws CANCELLED, STORE_CORRUPT, FILE_SYSTEM: what was deleted by then was not needed
 */
export function collectGarbage(core: Core, chunks: LocalChunks, signal: AbortSignal): Promise<Collected> {
  return core.exclusively(async () => {
    const needed = await neededManifests(core)
    const published = [...new Set([...(await core.published()), ...(await core.imported())])]
    for (const id of published) {
      if (needed.has(id)) continue
      // First said, then done: a manifest that is offered as whole must be.
      await core.forgetPublished(id)
      chunks.removeWhole(id)
    }
    const kept = () =>
      neededChunks(
        core,
        published.filter((id) => needed.has(id)),
      )
    const bytes = await core.packs.collect(kept, signal)
    let manifests = 0
    for (const id of await core.manifests.list()) {
      if (signal.aborted || needed.has(id) || (await isFresh(core, core.manifests.pathOf(id)))) continue
      await core.manifests.remove(id)
      manifests++
    }
    return { manifests, bytes }
  })
}

async function isFresh({ init }: Core, path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path)
  return init.clock.now() - mtimeMs < FRESH_MS
}
