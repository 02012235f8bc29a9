import { type ShoalError, toWire } from '../../protocol/index.ts'
import type { ChannelName, ChannelStatus, RetainedReport, StaleProcess, WireError } from '../../protocol/index.ts'
import { NOTHING_BY, plusBy } from '../fetch/count-sum.ts'
import type { FetchCounts } from '../fetch/types.ts'
import type { Drift } from '../scan/index.ts'
import type { CommittedRelease, Rejected } from '../store/index.ts'
import type { LocalRules } from './local-rules.ts'

/** What was received for a release, and how it came. */
export type Received = Pick<ChannelStatus, 'received' | 'receivedBy'>

export const NOTHING_RECEIVED: Received = {
  received: { wireBytes: 0, sameSiteBytes: 0, otherSiteBytes: 0, wastedBytes: 0, reusedBytes: 0 },
}

/** What a target's status is made of besides the work at hand. */
export interface StatusParts {
  readonly channel: ChannelName
  readonly committed: CommittedRelease | undefined
  readonly proved: boolean
  readonly retained: RetainedReport
  readonly staleProcesses: readonly StaleProcess[]
}

export type StatusChange = Pick<ChannelStatus, 'state' | 'progress'> & Partial<ChannelStatus>

/** A target's status: what is committed, and what changes about it. */
export const channelStatus = (parts: StatusParts, change: StatusChange): ChannelStatus => ({
  channel: parts.channel,
  sequence: parts.committed?.sequence ?? 0,
  manifest: parts.committed?.manifest,
  proved: parts.proved,
  provedAtMs: Math.floor(parts.committed?.provedAtMs ?? 0),
  targetSequence: parts.committed?.sequence ?? 0,
  ...(change.received === undefined ? receivedOf(parts.committed) : NOTHING_RECEIVED),
  commit: parts.committed?.commit,
  retained: parts.retained,
  staleProcesses: parts.staleProcesses,
  atRisk: [],
  error: undefined,
  ...change,
})

/** What of a release's status tells how it was received. */
export const receivedOf = ({ received, receivedBy }: Received = NOTHING_RECEIVED): Received => ({
  received,
  ...(receivedBy && { receivedBy }),
})

export const addCounts = ({ received, receivedBy }: Received, counts: FetchCounts): Received => ({
  received: {
    wireBytes: received.wireBytes + counts.wireBytes,
    sameSiteBytes: received.sameSiteBytes + counts.sameSiteBytes,
    otherSiteBytes: received.otherSiteBytes + counts.otherSiteBytes,
    wastedBytes: received.wastedBytes + counts.wastedBytes,
    reusedBytes: received.reusedBytes,
  },
  receivedBy: plusBy(receivedBy ?? NOTHING_BY, counts.by),
})

/** How a proved tree came to be what it is. @param trouble what went wrong after its commit */
export function outcomeOf(
  sequence: number,
  rejected: Rejected | undefined,
  trouble: ShoalError | undefined,
): Pick<ChannelStatus, 'state' | 'error' | 'targetSequence'> {
  if (rejected !== undefined && rejected.sequence > sequence) {
    const error = { code: 'HEALTH_FAILED' as const, message: rejected.message }
    return { state: 'rolled-back', error, targetSequence: rejected.sequence }
  }
  const error = trouble === undefined ? undefined : toWire(trouble)
  return { state: error?.code === 'HEALTH_FAILED' ? 'failed' : 'settled', error, targetSequence: sequence }
}

/** What is said of a live tree that is not its release. Paths that stay as they are by the host's own policy are no drift, but no proof either. */
export function driftError(
  channel: ChannelName,
  sequence: number,
  differences: readonly Drift[],
  rules: LocalRules,
): { readonly ours: number; readonly error: WireError } {
  if (process.geteuid?.() !== 0 && differences.every(({ what }) => what === 'metadata')) {
    const message = `${differences.length} paths have metadata that this agent may not set without root; the rest is as published`
    return { ours: 0, error: { code: 'METADATA_NOT_SET', message } }
  }
  const ours = differences.filter(({ path }) => !rules.isProtected(path) && rules.local(path) !== 'keep').length
  const list = `\`shoal verify --channel ${channel}\` lists them`
  const message =
    ours > 0
      ? `${ours} paths are not what release ${sequence} put there; ${list}`
      : `${differences.length} paths stay as this host has them, by its own policy; ${list}`
  return { ours, error: { code: 'DRIFT_FOUND', message } }
}
