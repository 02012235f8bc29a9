import { lstat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { type ChannelName, type Digest, type Manifest, parseChannelName, ShoalError } from '../../protocol/index.ts'
import type { ControlHandlers, PublishProgress, ReleaseChanges } from '../../protocol/control/index.ts'
import { parseWaves } from '../../protocol/rollout/index.ts'
import { processView } from '../../protocol/status/index.ts'
import type { Core } from '../core.ts'
import { trimAllocator } from '../fs/index.ts'
import { collectHeap } from '../lifecycle/index.ts'
import { compareReleases } from '../publish/changes.ts'
import { publishTree } from '../publish/publish.ts'
import { loadStatRecord, saveStatRecord, type ScanProgress, StatCache, statRecordPath } from '../scan/index.ts'
import { processesAtRisk } from './at-risk.ts'
import { publisherKeys, publishersHere } from './publisher-key.ts'
import { announceAll, lastSequence, proposalRow, sign } from './signing.ts'
import { deltasTo } from './deltas.ts'
import { planRollout } from './plan-rollout.ts'
import type { HandlerDeps } from './types.ts'

/** Publishing: only a home with a publisher's key can, and one publish at a time. */
export function publishHandlers({ core, live, chunks }: HandlerDeps): Pick<ControlHandlers, 'publish'> {
  const deltaDeps = { core, chunks }
  return {
    publish: async function* (req, signal) {
      const channel = parseChannelName(req.channel)
      const { identity } = core.mesh
      if (req.dryRun) await publishersHere(core, channel)
      const publishers = req.dryRun ? [] : await publisherKeys(core, channel)
      const specs = parseWaves(req.waves)
      await checkFolder(req.dir)
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
        const init = {
          mesh: identity.mesh,
          publishers,
          channel,
          dir: req.dir,
          message: req.message,
          lifetimeMs: req.lifetimeMs,
          previous,
          rollout: plan.rollout,
          dryRun: req.dryRun,
          signal,
        }
        const record = statRecordPath(core.init.home, req.dir)
        const known = req.checksum ? new StatCache() : await knownOf(core, record)
        const deps = {
          packs: core.packs,
          manifests: core.manifests,
          clock: core.init.clock,
          onProgress: meter.take,
          known,
          remember: (id: Digest, manifest: Manifest) => saveStatRecord(record, known, id, manifest),
          makeDeltas: (to: Digest) => deltasTo(deltaDeps, { channel, to, signal, onProgress: meter.takeDelta }),
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
        if (head === undefined) return { ...result, changes: await changesOf(core, channel, manifest, signal) }
        await core.markPublished(head.body.manifest)
        const { done: inForce, records } = await sign(core, head, publishers)
        await chunks.addWhole(head.body.manifest)
        await live.publishing(channel)
        await announceAll({ live }, records)
        return { ...result, proposal: inForce ? null : await proposalRow({ core, live }, head.id) }
      } finally {
        collectHeap()
        trimAllocator()
        done.resolve()
        await over
      }
    },
  }
}

/** What a dry run tells: paths against the head, and who on this host would run on what is replaced. */
async function changesOf(
  core: Core,
  channel: ChannelName,
  next: Manifest,
  signal: AbortSignal,
): Promise<ReleaseChanges> {
  const head = core.mesh.book.head(channel)
  const previous = head === undefined ? undefined : await core.manifests.load(head.body.manifest)
  if (head !== undefined && previous === undefined) {
    throw new ShoalError(
      'NO_SUCH_RELEASE',
      `the manifest of ${channel}@${head.version} is not kept in this home, so there is nothing to compare with; nothing was changed`,
    )
  }
  const changes = compareReleases(previous, next)
  const target = core.targets.get(channel)
  const nowMs = core.init.clock.now()
  const atRisk = target && (await processesAtRisk({ target, changes, previous, nowMs, signal }))
  return {
    added: changes.added.length,
    changed: changes.changed.length,
    removed: changes.removed.length,
    groups: changes.groups,
    maxWindowMs: next.header.settings.maxWindowMs ?? null,
    watched: changes.watched.length,
    atRisk: atRisk?.map(processView) ?? null,
  }
}

/** What the last publish of a folder told, unless the store has let its release go. */
async function knownOf(core: Core, record: string): Promise<StatCache> {
  const published = new Set(await core.published())
  return loadStatRecord(record, async (id) => (published.has(id) ? core.manifests.load(id) : undefined))
}

async function checkFolder(dir: string): Promise<void> {
  const stat = isAbsolute(dir) ? await lstat(dir).catch(() => undefined) : undefined
  if (stat === undefined) throw new ShoalError('SOURCE_INVALID', `${dir} is not there; nothing was published`)
  if (!stat.isDirectory()) throw new ShoalError('SOURCE_INVALID', `${dir} is not a directory; nothing was published`)
}

/** Between the pictures of progress that a person sees. */
const TELL_MS = 200

/** Thins the scanner's many counts out to a few a second, with rate and time left. */
class ProgressMeter {
  readonly #started = performance.now()
  #latest: PublishProgress | undefined
  #told = ''
  #totalFiles = 0
  #codingSince: number | undefined

  readonly take = (scan: ScanProgress): void => {
    const seconds = (performance.now() - this.#started) / 1000
    const rate = seconds > 0.5 ? scan.bytes / seconds : null
    this.#latest = {
      phase: 'store',
      ...scan,
      bytesPerSecond: rate === null ? null : Math.round(rate),
      etaSeconds: rate === null || rate === 0 ? null : Math.ceil((scan.totalBytes - scan.bytes) / rate),
    }
    this.#totalFiles = scan.totalFiles
  }

  /** Bytes of new content coded so far, and in all. */
  readonly takeDelta = (bytes: number, totalBytes: number): void => {
    this.#codingSince ??= performance.now()
    const seconds = (performance.now() - this.#codingSince) / 1000
    const rate = seconds > 0.5 ? bytes / seconds : null
    const [files, totalFiles] = [this.#totalFiles, this.#totalFiles]
    const etaSeconds = rate === null || rate === 0 ? null : Math.ceil((totalBytes - bytes) / rate)
    const bytesPerSecond = rate === null ? null : Math.round(rate)
    this.#latest = { phase: 'delta', files, totalFiles, bytes, totalBytes, bytesPerSecond, etaSeconds }
  }

  /** The next picture; undefined once `finished` resolved. */
  async next(finished: Promise<void>): Promise<PublishProgress | undefined> {
    for (;;) {
      const pause = new Promise<'pause'>((resolve) => setTimeout(() => resolve('pause'), TELL_MS))
      if ((await Promise.race([finished.then(() => 'finished' as const), pause])) === 'finished') return undefined
      const latest = this.#latest
      const picture = latest && `${latest.phase} ${latest.files} ${latest.bytes}`
      if (latest === undefined || picture === undefined || picture === this.#told) continue
      this.#told = picture
      return latest
    }
  }
}
