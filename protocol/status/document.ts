import { type ChannelName, toManifestText } from '../ids/index.ts'
import type { ChannelStatus, RecordOf, StaleProcess } from '../records/index.ts'
import type { Member } from '../trust/index.ts'
import type { ChannelView, HostView, StaleProcessView, StatusDocument, TransferView } from './types.ts'
import type { RolloutView } from './rollout-types.ts'

/** What a status document is made of: the trusted records, and what only the running agent knows. */
export interface StatusInput {
  readonly root: RecordOf<'root'>
  readonly self: StatusDocument['self']
  readonly heads: readonly RecordOf<'head'>[]
  readonly statuses: readonly RecordOf<'status'>[]
  /** The member a status's key is bound to; undefined leaves the status out. */
  member(peer: string): Member | undefined
  /** This node's own newest word on a channel: its transfer goes on between the records that tell of it. */
  own?(channel: ChannelName): ChannelStatus | undefined
  /** How a channel's head spreads; undefined when its waves cannot be read by this version, or nobody asks for it. */
  rollout?(channel: string): ChannelRollout | undefined
  readonly nowMs: number
}

/** The view of a rollout, and in which wave of it a host is. */
export interface ChannelRollout {
  readonly view: RolloutView
  waveOf(member: Member): number
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** Builds the document of `shoal status --json` from records alone. Pure. Channels and hosts are sorted by name. */
export function buildStatus(input: StatusInput): StatusDocument {
  const { root, self, heads } = input
  const names = new Set<string>(heads.map((h) => h.key))
  for (const status of input.statuses) {
    if (input.member(status.key) !== undefined) for (const channel of status.body.channels) names.add(channel.channel)
  }
  return {
    mesh: {
      id: root.mesh,
      name: root.body.name,
      rootVersion: root.version,
      expires: iso(root.body.expiresMs),
    },
    self,
    channels: [...names].toSorted().map((name) =>
      channelView(
        name,
        heads.find((h) => h.key === name),
        hostViews(name, input),
        input,
      ),
    ),
  }
}

function channelView(
  name: string,
  head: RecordOf<'head'> | undefined,
  states: readonly HostView[],
  { nowMs, rollout }: Pick<StatusInput, 'nowMs' | 'rollout'>,
): ChannelView {
  const manifest = head === undefined ? null : toManifestText(head.body.manifest)
  return {
    name,
    sequence: head?.version ?? 0,
    manifest,
    publishedAt: head === undefined ? null : iso(head.body.publishedAtMs),
    fresh: head !== undefined && nowMs <= head.body.expiresMs,
    converged: head === undefined ? 0 : states.filter((s) => hasProved(s, head.version, manifest)).length,
    hosts: states.length,
    rollout: rollout?.(name)?.view ?? null,
    states,
  }
}

/** A host counts as converged only on its own signed word that its observed tree equals exactly this release. */
const hasProved = (state: HostView, sequence: number, manifest: string | null): boolean =>
  state.proved && state.sequence === sequence && state.manifest === manifest

function hostViews(channel: string, input: StatusInput): readonly HostView[] {
  const views: HostView[] = []
  for (const status of input.statuses) {
    const member = input.member(status.key)
    const own = status.body.channels.find((c) => c.channel === channel)
    if (member === undefined || own === undefined) continue
    const view = hostView(status, member, own, input)
    const newer = status.key === input.self.peerId ? input.own?.(own.channel) : undefined
    views.push(newer === undefined ? view : { ...view, ...movedOn(own, newer) })
  }
  return views.toSorted((a, b) => (a.host === b.host ? compare(a.peerId, b.peerId) : compare(a.host, b.host)))
}

/** How far the step that a host's record tells of has come since; what the host is at stays what it signed. */
function movedOn(told: ChannelStatus, newer: ChannelStatus): Partial<HostView> {
  if (newer.state !== told.state || newer.targetSequence !== told.targetSequence) return {}
  const { progress, received, receivedBy = null } = newer
  return { progress, received, receivedBy, transfer: transferView(newer, 0) }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** While anything comes, hosts say so every 30 seconds: after three times as long without a word nobody knows whether it goes on (STATUS-6). */
const RATE_SECONDS = 90

function transferView({ transfer }: ChannelStatus, ageSeconds: number): TransferView | null {
  if (transfer === undefined) return null
  const { leftBytes, bytesPerSecond } = transfer
  if (bytesPerSecond === 0 || ageSeconds > RATE_SECONDS) return { leftBytes, bytesPerSecond: null, etaSeconds: null }
  return { leftBytes, bytesPerSecond, etaSeconds: Math.ceil(leftBytes / bytesPerSecond) }
}

function hostView(
  status: RecordOf<'status'>,
  member: Member,
  own: ChannelStatus,
  { nowMs, rollout }: Pick<StatusInput, 'nowMs' | 'rollout'>,
): HostView {
  const ageSeconds = Math.max(0, Math.round((nowMs - status.body.atMs) / 1000))
  return {
    host: member.host,
    site: member.site,
    peerId: member.peer,
    sequence: own.sequence,
    manifest: own.manifest === undefined ? null : toManifestText(own.manifest),
    state: own.state,
    proved: own.proved,
    progress: own.progress,
    ageSeconds,
    wave: rollout?.(own.channel)?.waveOf(member) ?? null,
    received: own.received,
    receivedBy: own.receivedBy ?? null,
    transfer: transferView(own, ageSeconds),
    commit:
      own.commit === undefined
        ? null
        : {
            strategy: own.commit.strategy,
            operations: own.commit.operations,
            windowMs: own.commit.windowMs,
            at: iso(own.commit.atMs),
            groups: own.commit.groups,
            weaker: own.commit.weaker,
          },
    retained: own.retained,
    staleProcesses: own.staleProcesses.map(processView),
    atRisk: own.atRisk.map(processView),
    error: own.error ?? null,
  }
}

/** A process in the form of documents. */
export const processView = ({ startedAtMs, ...process }: StaleProcess): StaleProcessView => ({
  ...process,
  startedAt: iso(startedAtMs),
})
