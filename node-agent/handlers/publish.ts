import { lstat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { type ChannelName, type Manifest, parseChannelName, ShoalError } from '../../protocol/index.ts'
import type { ControlHandlers, ReleaseChanges } from '../../protocol/control/index.ts'
import { processView } from '../../protocol/status/index.ts'
import type { Core } from '../core.ts'
import { compareReleases } from '../publish/changes.ts'
import { readFolder } from '../publish/publish.ts'
import { loadStatRecord, Pacer, saveStatRecord, StatCache, statRecordPath } from '../scan/index.ts'
import { processesAtRisk } from './at-risk.ts'
import { makeRelease, type ReleaseSource } from './make-release.ts'
import type { HandlerDeps } from './types.ts'

/** Publishing a folder by its path. */
export function publishHandlers(deps: HandlerDeps): Pick<ControlHandlers, 'publish'> {
  const { core } = deps
  return {
    publish: async function* ({ dir, checksum, ...asked }, signal) {
      const channel = parseChannelName(asked.channel)
      const record = statRecordPath(core.init.home, dir)
      const open = async (): Promise<ReleaseSource> => {
        await checkFolder(dir)
        const known = checksum ? new StatCache() : await knownOf(core, record)
        const { clock } = core.init
        return {
          read: (onChunk, onProgress) => readFolder(dir, { signal, known, clock, onChunk, onProgress }),
          remember: (id, manifest) => saveStatRecord(record, known, id, manifest),
        }
      }
      const { manifest, result } = yield* makeRelease(deps, { ...asked, channel }, open, signal)
      return asked.dryRun ? { ...result, changes: await changesOf(core, channel, manifest, signal) } : result
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
  const changes = await new Pacer(signal).steps(compareReleases(previous, next))
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
