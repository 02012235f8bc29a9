import type { ChannelName, DeltaRef, Digest } from '../../protocol/index.ts'
import { chooseBases, makeDeltas } from '../delta/index.ts'
import type { HandlerDeps } from './types.ts'

export interface DeltasInit {
  readonly channel: ChannelName
  /** Manifest of the release about to be signed; it is wholly here. */
  readonly to: Digest
  readonly signal: AbortSignal
  readonly onProgress: (doneBytes: number, totalBytes: number) => void
}

/** Makes deltas from the channel's last releases and from those that hosts say they run. @throws NO_SPACE, CANCELLED */
export async function deltasTo(
  { core, chunks }: Pick<HandlerDeps, 'core' | 'chunks'>,
  { channel, to, signal, onProgress }: DeltasInit,
): Promise<readonly DeltaRef[]> {
  const { book } = core.mesh
  const statuses = [...book.all('status')].map(({ body }) => body)
  const bases = chooseBases({ channel, to, heads: await book.heads(channel), statuses })
  const { manifests, packs } = core
  const read = (digest: Digest) => chunks.read(digest)
  return makeDeltas({ manifests, packs, read, log: core.init.log }, { bases, to, signal, onProgress })
}
