import {
  type ChannelName,
  type Digest,
  type Manifest,
  parseChannelName,
  parseTreePath,
  ShoalError,
  treeBytes,
} from '../../protocol/index.ts'
import type { Caller, ControlHandlers, PreviewReach } from '../../protocol/control/index.ts'
import { processView } from '../../protocol/status/index.ts'
import {
  bothSides,
  type Preview,
  Previews,
  predictReach,
  type Previewed,
  type ReachHost,
  stepsAhead,
  storePreviewed,
} from '../preview/index.ts'
import { compareReleases } from '../publish/changes.ts'
import { Pacer, saveStatRecord, statRecordPath } from '../scan/index.ts'
import { processesAtRisk } from './at-risk.ts'
import { makeRelease, type ReleaseSource } from './make-release.ts'
import type { HandlerDeps } from './types.ts'

type Names = 'folders' | 'publishPreview' | 'previewText' | 'publishPreviewed'

/** Publishing from a window: folders that it was given, what sending one would do, and sending exactly that. */
export function previewHandlers(deps: HandlerDeps): Pick<ControlHandlers, Names> {
  const { core, chunks } = deps
  const { manifests, folders, init } = core
  const previews = new Previews({ manifests, clock: init.clock, home: init.home })
  return {
    folders: async ({ folder }, _signal, caller) => folders.list(known(caller), folder),

    publishPreview: async function* ({ folder, channel: name, exclude }, signal, who) {
      const caller = known(who)
      const channel = parseChannelName(name)
      const dir = await folders.resolve(caller, folder)
      const head = core.mesh.book.head(channel)
      const preview = yield* previews.look({ caller, dir, channel, head, exclude, signal })
      const { base, difference, manifest, ticket } = preview
      const { added, changed, removed, renamed, unchanged, newBytes } = difference
      return {
        ticket: ticket?.ticket ?? null,
        expiresMs: ticket?.expiresMs ?? init.clock.now(),
        channel,
        against: base.sequence,
        ...{ added, changed, removed, renamed, unchanged, newBytes },
        entries: manifest.entries.length,
        bytes: treeBytes(manifest),
        reach: await reachOf(deps, channel, preview, signal),
      }
    },

    previewText: async ({ ticket, path }, _signal, caller) => {
      const previewed = previews.tickets.find(known(caller), ticket)
      const sides = { load: (id: Digest) => manifests.load(id), read: (digest: Digest) => chunks.read(digest) }
      return bothSides(sides, previewed, parseTreePath(path))
    },

    publishPreviewed: async function* ({ ticket, ...asked }, signal, who) {
      const caller = known(who)
      const previewed = previews.tickets.find(caller, ticket)
      const { channel } = previewed.base
      const open = async (): Promise<ReleaseSource> => {
        checkHead(deps, previewed)
        return sourceOf(deps, previewed, signal)
      }
      const { result } = yield* makeRelease(deps, { ...asked, channel, dryRun: false }, open, signal)
      previews.tickets.remove(ticket)
      return result
    },
  }
}

/** What is given here is good for one caller only. @throws BAD_REQUEST without any */
function known(caller: Caller | undefined): Caller {
  if (caller === undefined) throw new ShoalError('BAD_REQUEST', 'nobody is there to be given a folder')
  return caller
}

/** @throws STALE_PREVIEW when the channel went on */
function checkHead({ core }: HandlerDeps, { base }: Previewed): void {
  const head = core.mesh.book.head(base.channel)
  if ((head?.version ?? 0) === base.sequence && head?.body.manifest === base.id) return
  const was = base.sequence === 0 ? 'no release' : `${base.channel}@${base.sequence}`
  throw new ShoalError(
    'STALE_PREVIEW',
    `it was compared with ${was}, and the channel is at ${base.channel}@${head?.version ?? 0} now; nothing was published. Look at the folder again`,
  )
}

function sourceOf({ core }: HandlerDeps, previewed: Previewed, signal: AbortSignal): ReleaseSource {
  const { packs, init } = core
  const record = statRecordPath(init.home, previewed.dir)
  return {
    read: (keep, onProgress) =>
      storePreviewed(previewed, { has: (digest) => packs.has(digest), keep, onProgress, signal }),
    remember: (id, manifest) => saveStatRecord(record, previewed.cache, id, manifest),
  }
}

/** What sending it would mean, by what is known here of the channel's hosts and releases. */
async function reachOf(
  { core, views }: HandlerDeps,
  channel: ChannelName,
  { base, manifest: next, difference }: Preview,
  signal: AbortSignal,
): Promise<PreviewReach> {
  const { book, peer } = core.mesh
  const nowMs = core.init.clock.now()
  const heads = await book.heads(channel)
  const kept = new Map<Digest, Manifest>()
  const fleet = views.fleet()
  const hosts: ReachHost[] = []
  for (const host of fleet.hosts()) {
    const status = host.channels.get(channel)
    if (status === undefined) continue
    const line = fleet.line(host, channel, nowMs)?.line
    const budgetBytes = host.member.peer === peer ? core.init.config.limits.otherSite.perReleaseBytes : undefined
    const { host: name, site } = host.member
    hosts.push({ host: name, site, isOffline: line?.state === 'offline', status, budgetBytes })
  }
  const wanted = new Set<Digest>(hosts.flatMap(({ status }) => status.manifest ?? []))
  // Deltas of the last releases tell what deltas save; each release that hosts are at tells what they lack.
  for (const { body } of heads.slice(-HISTORY))
    for (const id of [body.manifest, ...body.deltas.map(({ from }) => from)]) wanted.add(id)
  for (const id of [...wanted].slice(0, MOST_RELEASES)) {
    const manifest = await core.manifests.load(id)
    if (manifest !== undefined) kept.set(id, manifest)
    if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled; nothing was changed')
  }
  const pacer = new Pacer(signal)
  const operations = stepsAhead(base.manifest, next, difference)
  await pacer.did(0)
  const manifestOf = (id: Digest): Manifest | undefined => kept.get(id)
  const input = { channel, next, difference, operations, hosts, heads, manifestOf }
  const reach = await pacer.steps(predictReach(input))
  const target = core.targets.get(channel)
  if (target === undefined) return { ...reach, atRisk: null }
  const changes = await pacer.steps(compareReleases(base.manifest, next))
  const atRisk = await processesAtRisk({ target, changes, previous: base.manifest, nowMs, signal })
  return { ...reach, atRisk: atRisk.map(processView) }
}

/** Releases whose deltas are looked at. */
const HISTORY = 4
/** Releases whose manifests are looked at: what hosts run is rarely more. */
const MOST_RELEASES = 16
