import { ShoalError } from '../../protocol/index.ts'
import {
  type BytesBySource,
  CONTROL_LIMITS,
  type RolloutRequest,
  type RolloutStep,
  type RolloutUpdate,
  type Straggler,
} from '../../protocol/control/index.ts'
import { type ChannelRollout, explain } from '../../protocol/status/index.ts'
import { countConditions } from './counts.ts'
import { curveSince, pointOf } from './curve.ts'
import { estimateConvergence } from './estimate.ts'
import type { FleetHostLine } from './fleet.ts'
import { hostStatus } from './host-status.ts'
import { severityOf } from './line.ts'
import { rolloutSummary, waveViews } from './rollout-parts.ts'
import type { ViewSources } from './sources.ts'

/** Between two looks at who is late and why: a list that moves more often cannot be read. */
const STRAGGLERS_MS = 1_000

/** Makes the pictures of one `watchRollout`: how a release is going. Each throws NO_SUCH_RELEASE when there is none. */
export function rolloutPictures(
  sources: ViewSources,
  request: RolloutRequest,
): (nowMs: number) => Promise<RolloutUpdate> {
  let late: { readonly of: string; readonly atMs: number; readonly stragglers: readonly Straggler[] } | undefined
  return (nowMs) =>
    rolloutPicture(sources, request, nowMs, (hosts, of) => {
      const key = `${of.release} ${of.rollout?.view.open} ${of.rollout?.view.paused?.at}`
      const isNew = late === undefined || late.of !== key || nowMs - late.atMs >= STRAGGLERS_MS
      if (late === undefined || isNew) late = { of: key, atMs: nowMs, stragglers: stragglersOf(sources, hosts, of) }
      return late.stragglers
    })
}

interface LateOf {
  readonly release: number
  readonly rollout: ChannelRollout | null
  readonly nowMs: number
}

async function rolloutPicture(
  sources: ViewSources,
  request: RolloutRequest,
  nowMs: number,
  lateOf: (hosts: readonly FleetHostLine[], of: LateOf) => readonly Straggler[],
): Promise<RolloutUpdate> {
  const { views } = sources
  const fleet = await views.ready()
  const { channel } = request
  const heads = await views.heads(channel)
  const head = request.release === null ? heads.at(-1) : heads.find(({ version }) => version === request.release)
  if (head === undefined) {
    const which = request.release === null ? 'no release' : `no release ${request.release}`
    throw new ShoalError('NO_SUCH_RELEASE', `${which} of channel ${channel} is known here`)
  }
  const release = head.version
  const superseded = head !== heads.at(-1)
  const hosts = fleet.hostLines(channel, nowMs)
  const lines = hosts.map(({ line }) => line)
  const rollout = superseded ? null : await sources.rollout(channel)
  const summary = rolloutSummary(rollout?.view ?? null, lines, release)
  const signers = views.signers()
  const { publishedAtMs: publishedMs, message, manifest } = head.body
  const curve = curveSince(
    publishedMs,
    views.curves.of(channel, release),
    superseded ? undefined : pointOf(lines, release, nowMs),
  )
  const again = heads.findLast(({ version, body }) => version < release && body.manifest === manifest)
  return {
    nowMs,
    channel,
    release,
    superseded,
    publishedMs,
    signers: signers(head),
    message,
    again: again?.version ?? null,
    hosts: lines.length,
    converged: lines.filter((line) => line.proved && line.release >= release).length,
    counts: countConditions(lines),
    summary,
    waves: waveViews(channel, rollout?.view ?? null, {
      publishedMs,
      seenMs: await views.mesh.rollouts.seenOpen(channel),
      committedMs: firstCommits(hosts, release, rollout),
    }),
    estimate: estimateConvergence({
      hosts,
      release,
      publishedMs,
      curve,
      open: rollout?.view.open ?? null,
      paused: summary?.state === 'paused',
      nowMs,
    }),
    curve,
    bytes: bytesBySource(hosts, release),
    stragglers: superseded ? [] : lateOf(hosts, { release, rollout, nowMs }),
    steps: stepsOf(sources, channel, release),
  }
}

/** When the first host of each wave committed the release, by what hosts say. Pure. */
function firstCommits(
  hosts: readonly FleetHostLine[],
  release: number,
  rollout: ChannelRollout | null,
): (wave: number) => number | undefined {
  const first = new Map<number, number>()
  for (const { host, own } of hosts) {
    if (rollout === null || own.sequence !== release || own.commit === undefined) continue
    const wave = rollout.waveOf(host.member)
    first.set(wave, Math.min(first.get(wave) ?? Number.POSITIVE_INFINITY, own.commit.atMs))
  }
  return (wave) => first.get(wave)
}

/** Sums over the hosts that are at, or work on, the release. Pure. */
function bytesBySource(hosts: readonly FleetHostLine[], release: number): BytesBySource {
  let [sameSite, otherSites, publisher, reused, wasted] = [0, 0, 0, 0, 0]
  let told = false
  for (const { own } of hosts) {
    if (own.targetSequence !== release && own.sequence !== release) continue
    sameSite += own.received.sameSiteBytes
    otherSites += own.received.otherSiteBytes
    reused += own.received.reusedBytes
    wasted += own.received.wastedBytes
    told ||= own.receivedBy !== undefined
    publisher += own.receivedBy?.sources.publisher ?? 0
  }
  return { sameSite, otherSites, publisherSite: told ? publisher : null, reused, wasted }
}

/** Hosts that have not proved it, the worst first, then those with the longest way to go. */
function stragglersOf(
  { views }: ViewSources,
  hosts: readonly FleetHostLine[],
  { release, rollout, nowMs }: LateOf,
): readonly Straggler[] {
  const late = hosts.filter(({ line }) => !(line.proved && line.release >= release))
  const worst = late
    .toSorted(
      ({ line: a }, { line: b }) =>
        severityOf(a.state) - severityOf(b.state) || (b.secondsLeft ?? 0) - (a.secondsLeft ?? 0),
    )
    .slice(0, CONTROL_LIMITS.stragglers)
  return worst.flatMap(({ host, line }): readonly Straggler[] => {
    const view = hostStatus(views, host, { channel: line.channel ?? '', rollout, nowMs })
    return view === undefined ? [] : [{ ...line, why: explain(view.channel, view.host) }]
  })
}

/** What publishers signed of it, newest first. */
function stepsOf({ views }: ViewSources, channel: string, release: number): readonly RolloutStep[] {
  const { book } = views.mesh
  const signers = views.signers()
  const steps: RolloutStep[] = []
  for (const record of book.all('control')) {
    const { sequence, pause, promote } = record.body
    if (!record.key.startsWith(`${channel}.`) || sequence !== release) continue
    const by = signers(record)
    if (pause.order > 0) {
      const what = pause.fromWave > 0 ? 'pause' : 'resume'
      steps.push({ atMs: pause.atMs, what, wave: pause.fromWave > 0 ? pause.fromWave : null, by, text: pause.message })
    }
    if (promote.wave > 0) {
      steps.push({ atMs: promote.atMs, what: 'promote', wave: promote.wave, by, text: promote.message })
    }
  }
  return steps.toSorted((a, b) => b.atMs - a.atMs)
}
