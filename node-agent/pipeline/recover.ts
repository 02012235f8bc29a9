import { type ChannelName, type Digest, type Manifest, ShoalError, toByteString } from '../../protocol/index.ts'
import { displacedPaths, rollForward } from '../commit/index.ts'
import type { StatCache } from '../scan/index.ts'
import type { CommittedRelease } from '../store/index.ts'
import { recoverSwitch } from './apply-whole.ts'
import type { TargetTree } from './target-tree.ts'
import type { Committed, PipelineDeps } from './types.ts'

export interface RecoverInit {
  readonly channel: ChannelName
  readonly tree: TargetTree
  readonly cache: StatCache
  readonly committed: CommittedRelease | undefined
}

/** A commit that was cut off and is finished now. */
export interface Recovered extends Committed {
  readonly sequence: number
  readonly manifest: Digest
}

/** Finishes the commit that a crash cut off, of either kind; undefined when there is none for this root. @throws JOURNAL_CORRUPT */
export async function recover(deps: PipelineDeps, init: RecoverInit): Promise<Recovered | undefined> {
  const { channel, tree, committed } = init
  const { journal, switches, manifests, clock } = deps
  const root = toByteString(Buffer.from(tree.target.root))
  const switching = await switches.pending(channel)
  if (switching?.root === root) {
    await wanted(deps, switching.manifest, root)
    const previous = committed === undefined ? undefined : await manifests.load(committed.manifest)
    const { sequence } = switching
    const signal = new AbortController().signal
    const done = await recoverSwitch(deps, { ...init, sequence, previous, signal }, switching)
    return { ...done, sequence, manifest: switching.manifest as Digest }
  }
  const intent = await journal.pending(channel)
  if (intent?.root !== root || tree.live === undefined) return undefined
  const manifest = await wanted(deps, intent.manifest, root)
  const commit = await rollForward({ root: tree.live, journal, now: () => clock.now() }, intent, manifest)
  const displaced = displacedPaths(intent)
  const folder = displaced.size > 0 ? intent.retained : undefined
  return { commit, displaced, folder, sequence: intent.sequence, manifest: intent.manifest as Digest }
}

async function wanted({ manifests }: PipelineDeps, id: string, root: string): Promise<Manifest> {
  const manifest = await manifests.load(id as Digest)
  if (manifest !== undefined) return manifest
  throw new ShoalError('JOURNAL_CORRUPT', `the manifest of the commit to finish is gone; ${root} was left as it is`)
}
