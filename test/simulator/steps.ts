import { type ChannelStatus, type RecordOf, toManifestText } from '../../protocol/index.ts'
import { holdOf } from '../../protocol/rollout/index.ts'
import type { ChannelState, Machine, Place, Share, Work } from './state.ts'
import { commitOf, receivedOf, staleOf, troubleWords } from './words.ts'

/** What steps of hosts need of the simulation around them. */
export interface StepContext {
  readonly nowMs: number
  readonly dtMs: number
  readonly random: () => number
  channel(name: string): ChannelState | undefined
  /** Something happens to a host later, whatever it does until then. */
  later(atMs: number, act: () => void): void
}

/** What a site's LAN carries, and what a host's disk takes, bytes a second. */
const LAN_BYTES = 150e6
const DISK_BYTES = 5e6
const SECOND = 1000

const releaseOf = ({ key, version }: RecordOf<'head'>): string => `${key}@${version}`

/** Says something else of a work, soon. */
export function change(work: Work, status: Partial<ChannelStatus>): void {
  work.status = { ...work.status, ...status }
  hurry(work.machine)
}

/** It has something to say that cannot wait. */
export function hurry(machine: Machine): void {
  machine.dirty = true
  machine.place.speaking.add(machine)
}

/** A release has come out: the host learns of it when gossip gets there. */
export function learn(work: Work, { nowMs, random }: Pick<StepContext, 'nowMs' | 'random'>): void {
  const { site } = work.machine.place
  work.phase = 'learning'
  work.dueMs = nowMs + 300 + site.roundTripMs * 4 + random() * 6 * SECOND
  work.machine.place.active.add(work)
}

/** One host goes on with one release for as long as the step lasts. */
export function step(work: Work, context: StepContext): void {
  const { nowMs } = context
  const state = context.channel(work.channel)
  if (state === undefined) return
  if (work.phase !== 'learning' && work.phase !== 'rest' && work.target?.id !== state.head.id) {
    return learn(work, context)
  }
  switch (work.phase) {
    case 'learning':
      if (nowMs >= work.dueMs) begin(work, state, context)
      return
    case 'waiting':
      if (work.asked !== state.revision) goOn(work, state, context)
      return
    case 'fetching':
      return fetch(work, context)
    case 'staging':
      if (nowMs >= work.dueMs) goOn(work, state, context)
      return
    case 'settling':
      if (nowMs >= work.dueMs) settle(work, state, context)
      return
    case 'stopped':
      if (nowMs >= work.dueMs) begin(work, state, context)
      return
    case 'rest':
      rest(work)
  }
}

function rest(work: Work): void {
  work.phase = 'rest'
  work.machine.place.active.delete(work)
}

/** Takes up the channel's newest release. */
function begin(work: Work, state: ChannelState, context: StepContext): void {
  const { head } = state
  if (work.status.sequence === head.version && work.status.state === 'settled') return rest(work)
  if (work.status.manifest === head.body.manifest) return adopt(work, head, context)
  const { manifest } = work.status
  const need = manifest === undefined ? undefined : state.needs.get(manifest)
  if (work.target?.id !== head.id) {
    work.target = head
    work.done = 0
    work.own = 0
    work.need = Math.max(1, Math.round(need ?? head.body.treeBytes))
  }
  const trouble = troubleOf(work, state)
  const words = trouble && troubleWords(trouble, releaseOf(head), work.channel, work.need)
  if (words !== undefined && (trouble === 'no-space' || trouble === 'budget' || trouble === 'quiet')) {
    change(work, {
      state: trouble === 'no-space' ? 'failed' : 'held',
      error: words,
      targetSequence: head.version,
      progress: 0,
    })
    return pause(work, context, trouble === 'no-space' ? 120 : 600)
  }
  goOn(work, state, context)
}

/** The release has exactly the content that is live: nothing is fetched. */
function adopt(work: Work, head: RecordOf<'head'>, { nowMs }: StepContext): void {
  work.target = head
  change(work, settledAt(head, nowMs))
  rest(work)
}

const settledAt = (head: RecordOf<'head'>, nowMs: number): Partial<ChannelStatus> => ({
  sequence: head.version,
  targetSequence: head.version,
  manifest: head.body.manifest,
  state: 'settled',
  proved: true,
  provedAtMs: nowMs,
  progress: 1,
  atRisk: [],
  error: undefined,
})

/** Troubles are met by the releases of a host's first channel that come out while one watches. */
function troubleOf({ machine, channel, retried }: Work, { head }: ChannelState) {
  const { host } = machine.enrolled
  return !retried && host.channels[0] === channel && head.version > 1 ? host.trouble : undefined
}

function pause(work: Work, { nowMs, random }: StepContext, seconds: number): void {
  work.phase = 'stopped'
  work.dueMs = nowMs + seconds * SECOND * (0.7 + random() * 0.6)
}

/** As far as its turn in the rollout lets it. */
function goOn(work: Work, state: ChannelState, context: StepContext): void {
  const { head, rollout, revision } = state
  const { host } = work.machine.enrolled
  const member = { host: host.name, site: host.site.name, labels: host.labels }
  const hold = holdOf(rollout, rollout.waveOf(member))
  const here = work.done >= work.need
  work.asked = revision
  if (hold !== undefined && (here || !hold.mayStage)) {
    const { code, message } = hold
    if (work.status.error?.code !== code || work.status.error.message !== message || work.phase !== 'waiting') {
      change(work, { state: 'held', error: { code, message }, targetSequence: head.version, progress: here ? 1 : 0 })
    }
    work.phase = 'waiting'
    return
  }
  if (!here) return startFetch(work, head, context)
  if (troubleOf(work, state) === 'locked' && context.random() < 0.7) {
    const error = troubleWords('locked', releaseOf(head), work.channel, 0)
    change(work, { state: 'held', error, targetSequence: head.version, progress: 1 })
    return pause(work, context, 60)
  }
  commit(work, state, context)
}

function startFetch(work: Work, head: RecordOf<'head'>, { nowMs, random }: StepContext): void {
  const { place } = work.machine
  const key = shareKey(work)
  const known = place.shares.get(key)
  const share = known ?? newShare(place, work)
  share.hosts++
  place.shares.set(key, share)
  work.share = share
  work.rate = 0
  work.phase = 'fetching'
  work.dueMs = nowMs
  const atRisk = random() < 0.02 ? staleOf(work.channel, nowMs - 86_400_000, random()) : []
  change(work, { state: 'fetching', error: undefined, targetSequence: head.version, progress: 0, atRisk })
}

const shareKey = ({ channel, target, status }: Work): string =>
  `${channel} ${target?.version ?? 0} ${status.manifest === undefined ? '' : toManifestText(status.manifest)}`

/** The nearest sites take it from the publisher; the others from sites that have it. */
const newShare = ({ site }: Place, { need }: Work): Share => ({
  need,
  crossed: 0,
  taken: 0,
  hosts: 0,
  fromPublisher: site.roundTripMs < 20 ? 0.55 : site.roundTripMs < 70 ? 0.12 : 0.01,
})

function fetch(work: Work, { nowMs, dtMs, random }: StepContext): void {
  const { share, machine } = work
  if (share === undefined) return
  const before = work.done
  const reach = (share.crossed / share.need) * work.need
  const most = Math.min(DISK_BYTES, LAN_BYTES / Math.max(1, machine.place.fetching))
  work.done = Math.min(reach, before + (most * dtMs * (0.3 + random() * 1.2)) / SECOND)
  takeOver(share, work, work.done - before)
  work.rate = work.rate * 0.8 + ((work.done - before) * SECOND * 0.2) / dtMs
  if (work.done < work.need) return
  tellProgress(work)
  work.phase = 'staging'
  work.dueMs = nowMs + (3 + random() ** 3 * 260) * SECOND
  const { transfer: _over, ...rest } = work.status
  work.status = rest
  change(work, { state: 'staging', progress: 0.99 })
}

/** Puts how far a fetch is into what the host says. */
export function tellProgress(work: Work): void {
  const { phase, share, target, done, need, rate } = work
  if (phase !== 'fetching' || share === undefined || target === undefined) return
  const parts = receivedOf(work, share.fromPublisher, Math.max(0, target.body.treeBytes - need))
  const transfer = { leftBytes: Math.round(need - done), bytesPerSecond: Math.round(rate) }
  work.status = { ...work.status, ...parts, progress: (done / need) * 0.98, transfer }
}

/** Hosts divide among themselves what crosses the line, each about its part. */
function takeOver(share: Share, work: Work, bytes: number): void {
  const part = (1.25 * share.need) / share.hosts - work.own
  const own = Math.max(0, Math.min(bytes, part, share.crossed - share.taken))
  share.taken += own
  work.own += own
}

/** The switch, and what settling begins with. */
function commit(work: Work, state: ChannelState, context: StepContext): void {
  const { nowMs, random } = context
  const { head } = state
  const trouble = troubleOf(work, state)
  if (trouble === 'hook' || trouble === 'edited') {
    const error = troubleWords(trouble, releaseOf(head), work.channel, 0)
    change(work, { state: 'failed', error, targetSequence: head.version, progress: 1 })
    return pause(work, context, 90)
  }
  const strategy = work.channel === 'base-config' ? 'in-place' : work.channel === 'web' ? 'generations' : 'swap'
  const operations = 4 + Math.floor(random() * 30)
  const stale = random() < 0.012 ? staleOf(work.channel, nowMs - random() * 5 * 86_400_000, random()) : []
  work.before = { sequence: work.status.sequence, manifest: work.status.manifest }
  change(work, {
    sequence: head.version,
    manifest: head.body.manifest,
    targetSequence: head.version,
    state: 'settling',
    proved: false,
    progress: 1,
    error: undefined,
    atRisk: [],
    staleProcesses: stale,
    commit: commitOf(strategy, operations, nowMs, random()),
    retained: { releases: 1, bytes: Math.round(work.need * 0.9), heldBytes: stale.length * 600_000 },
  })
  if (stale.length > 0) {
    const { retained } = work.status
    const settled = { staleProcesses: [], retained: { ...retained, heldBytes: 0 } }
    context.later(nowMs + (120 + random() * 1500) * SECOND, () => change(work, settled))
  }
  work.phase = 'settling'
  work.dueMs = nowMs + (4 + random() ** 2 * 110) * SECOND
}

/** Health is asked for, and the tree is read again. */
function settle(work: Work, state: ChannelState, context: StepContext): void {
  const { head } = state
  if (troubleOf(work, state) !== 'unhealthy') {
    change(work, settledAt(head, context.nowMs))
    return rest(work)
  }
  const error = troubleWords('unhealthy', releaseOf(head), work.channel, 0)
  const back = { ...work.before, proved: true, provedAtMs: context.nowMs }
  change(work, { state: 'rolled-back', ...back, targetSequence: head.version, error })
  // It does not try again by itself.
  work.phase = 'stopped'
  work.dueMs = Number.POSITIVE_INFINITY
}
