import type { ChannelName, Digest, Manifest } from '../../protocol/index.ts'
import type { PublishProgress, PublishResult } from '../../protocol/control/index.ts'
import { parseWaves } from '../../protocol/rollout/index.ts'
import { trimAllocator } from '../fs/index.ts'
import { collectHeap } from '../lifecycle/index.ts'
import { publishTree } from '../publish/publish.ts'
import type { ChunkSink, ScanProgress } from '../scan/index.ts'
import { deltasTo } from './deltas.ts'
import { planRollout } from './plan-rollout.ts'
import { ProgressMeter } from './progress-meter.ts'
import { publisherKeys, publishersHere } from './publisher-key.ts'
import { announceAll, lastSequence, proposalRow, sign } from './signing.ts'
import type { HandlerDeps } from './types.ts'

export interface ReleaseAsked {
  readonly channel: ChannelName
  readonly message: string
  readonly lifetimeMs: number
  /** Everything except storing and signing. */
  readonly dryRun: boolean
  readonly waves: readonly string[]
}

/** Where a release's content comes from. */
export interface ReleaseSource {
  /** What is to be published; hands out content that the store may not have. */
  read(keep: ChunkSink, onProgress: (progress: ScanProgress) => void): Promise<Manifest>
  /** Keeps what reading told. */
  remember(id: Digest, manifest: Manifest): Promise<void>
}

/** Publishes: only a home with a publisher's key can, and one release is made at a time. @param open called once it is this one's turn */
export async function* makeRelease(
  { core, live, chunks }: HandlerDeps,
  { channel, message, lifetimeMs, dryRun, waves }: ReleaseAsked,
  open: () => Promise<ReleaseSource>,
  signal: AbortSignal,
): AsyncGenerator<PublishProgress, { readonly manifest: Manifest; readonly result: PublishResult }, undefined> {
  const { identity } = core.mesh
  if (dryRun) await publishersHere(core, channel)
  const publishers = dryRun ? [] : await publisherKeys(core, channel)
  const specs = parseWaves(waves)
  const [turn, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const over = core.exclusively(() => {
    turn.resolve()
    return done.promise
  })
  try {
    await turn.promise
    const meter = new ProgressMeter()
    const previous = lastSequence(core, channel)
    const plan = planRollout(core, channel, previous + 1, specs)
    const { rollout } = plan
    const init = { mesh: identity.mesh, publishers, channel, message, lifetimeMs, previous, rollout, dryRun, signal }
    const source = await open()
    const onProgress = meter.takeDelta
    const deps = {
      packs: core.packs,
      manifests: core.manifests,
      clock: core.init.clock,
      read: (keep: ChunkSink) => source.read(keep, meter.take),
      remember: (id: Digest, manifest: Manifest) => source.remember(id, manifest),
      makeDeltas: (to: Digest) => deltasTo({ core, chunks }, { channel, to, signal, onProgress }),
    }
    const work = publishTree(deps, init)
    const finished = work.then(
      () => undefined,
      () => undefined,
    )
    for (let progress = await meter.next(finished); progress !== undefined; progress = await meter.next(finished))
      yield progress
    const { head, manifest, result: published } = await work
    const result = { ...published, waves: plan.waves, warnings: [...published.warnings, ...plan.warnings] }
    if (head === undefined) return { manifest, result }
    await core.markPublished(head.body.manifest)
    const { done: inForce, records } = await sign(core, head, publishers)
    await chunks.addWhole(head.body.manifest)
    await live.publishing(channel)
    await announceAll({ live }, records)
    return { manifest, result: { ...result, proposal: inForce ? null : await proposalRow({ core, live }, head.id) } }
  } finally {
    collectHeap()
    trimAllocator()
    done.resolve()
    await over
  }
}
