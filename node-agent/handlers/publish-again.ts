import {
  type ChannelName,
  type HeadBody,
  type KeyPair,
  ShoalError,
  signRecord,
  toManifestText,
} from '../../protocol/index.ts'
import type { ProposalRow } from '../../protocol/control/index.ts'
import { deltasTo } from './deltas.ts'
import { announceAll, proposalRow, sign } from './signing.ts'
import type { HandlerDeps } from './types.ts'

export interface AgainAsked {
  readonly channel: ChannelName
  /** Of the new head. */
  readonly sequence: number
  readonly publishers: readonly [KeyPair, ...KeyPair[]]
  /** Of the release that is made again, and how it is called. */
  readonly body: HeadBody
  readonly said: string
  readonly rollout: HeadBody['rollout']
  readonly message: string
  readonly lifetimeMs: number
  readonly signal: AbortSignal
}

/** What became of it. */
export interface MadeAgain {
  readonly manifest: string
  readonly entries: number
  readonly bytes: number
  /** Further signatures that it needs; null: it is in force. */
  readonly proposal: ProposalRow | null
}

/** Publishes content that this home keeps once more: a head like any other. @throws NO_SUCH_RELEASE when it is not kept, and what signing throws */
export async function publishAgain(
  { core, live, chunks }: HandlerDeps,
  { channel, sequence, publishers, body: older, said, rollout, message, lifetimeMs, signal }: AgainAsked,
): Promise<MadeAgain> {
  const { manifest, entries, treeBytes } = older
  const kept = (await core.published()).includes(manifest) && (await core.manifests.bytes(manifest)) !== undefined
  if (!kept) {
    throw new ShoalError('NO_SUCH_RELEASE', `the content of ${said} is not kept in this home; nothing was published`)
  }
  const now = core.init.clock.now()
  const deltas = await deltasTo({ core, chunks }, { channel, to: manifest, signal, onProgress: () => undefined })
  const body = { ...older, message, publishedAtMs: now, expiresMs: now + lifetimeMs, deltas, rollout }
  const { mesh } = core.mesh.identity
  const head = await signRecord({ mesh, kind: 'head', key: channel, version: sequence, body }, publishers)
  const { done, records } = await sign(core, head, publishers)
  await chunks.addWhole(manifest)
  await live.publishing(channel)
  await announceAll({ live }, records)
  const proposal = done ? null : await proposalRow({ core, live }, head.id)
  return { manifest: toManifestText(manifest), entries, bytes: treeBytes, proposal }
}
