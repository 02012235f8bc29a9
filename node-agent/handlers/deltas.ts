import type { ChannelName, DeltaRef, Digest } from '../../protocol/index.ts'
import { chooseBases, type DeltaStep, makeDeltas, stepsOf } from '../delta/index.ts'
import type { Core } from '../core.ts'
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

/** Every delta that this node knows of: those that heads name, and those made on request. */
export async function knownDeltas({ mesh, made }: Core): Promise<readonly DeltaStep[]> {
  const { book } = mesh
  const steps: DeltaStep[] = [...made]
  for (const { key } of book.all('head')) steps.push(...stepsOf(await book.heads(key)))
  return steps
}

/** Makes a delta that a member asked for. Only to the newest release of a channel, from an earlier one of it, where both are wholly in this home's packs. @throws NO_SPACE, CANCELLED */
export function makeAskedDelta(
  { core, chunks }: Pick<HandlerDeps, 'core' | 'chunks'>,
  from: Digest,
  to: Digest,
  signal: AbortSignal,
): Promise<DeltaStep | undefined> {
  return core.exclusively(async () => {
    const { book } = core.mesh
    const head = [...book.all('head')].find(({ body }) => body.manifest === to)
    if (head === undefined) return undefined
    const published = new Set(await core.published())
    const earlier = (await book.heads(head.key)).some(({ body }) => body.manifest === from)
    if (!earlier || !published.has(from) || !published.has(to)) return undefined
    const { manifests, packs } = core
    const read = (digest: Digest) => chunks.read(digest)
    const init = { bases: [from], to, signal, onProgress: () => undefined }
    const [ref] = await makeDeltas({ manifests, packs, read, log: core.init.log }, init)
    if (ref === undefined) return undefined
    const step = { ...ref, to, manifestBytes: head.body.manifestBytes }
    // Those to older heads are not asked for any more.
    core.made = [...core.made.filter((other) => other.to === to), step]
    return step
  })
}
