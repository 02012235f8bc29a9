import type { HostRow } from '../../protocol/control/index.ts'
import type { HostView, StatusDocument } from '../../protocol/status/index.ts'
import { formatDuration } from '../config/index.ts'
import { printable } from './text.ts'

export interface Goal {
  readonly channel: string
  readonly sequence: number
  /** Number of hosts; `all`: every host that has the channel as a target, and every member that has not said yet whether it has. */
  readonly hosts: number | 'all'
}

export interface Convergence {
  readonly reached: boolean
  readonly proved: readonly HostView[]
  /** Each with why, for a person. */
  readonly missing: readonly string[]
}

/**
 * Whether enough hosts have proved a release, or a later one, which replaces it. A host that said nothing yet may have the channel as a target,
 * so `all` waits for it (CLI-12). Nobody is not everybody: `all` of no hosts is not reached.
 *
 * @param only which of `members` count at all (CLI-41)
 */
export function judge(
  goal: Goal,
  status: StatusDocument,
  members: readonly HostRow[],
  only?: (member: HostRow) => boolean,
): Convergence {
  const all = status.channels.find(({ name }) => name === goal.channel)?.states ?? []
  const asked = only === undefined ? members : members.filter(only)
  const counts = new Set(asked.map(({ peerId }) => peerId))
  const states = only === undefined ? all : all.filter(({ peerId }) => counts.has(peerId))
  const done = (host: HostView): boolean => host.proved && host.sequence >= goal.sequence
  const known = new Set(states.map(({ peerId }) => peerId))
  const silent = asked.filter(
    ({ peerId, reportedAt, channels }) =>
      !known.has(peerId) && (reportedAt === null || channels.includes(goal.channel)),
  )
  const proved = states.filter(done)
  const missing = [
    ...states.filter((host) => !done(host)).map(describe),
    ...silent.map(({ host, site }) => `${printable(host)} at ${printable(site)} (never reported)`),
  ]
  const reached = goal.hosts === 'all' ? proved.length > 0 && missing.length === 0 : proved.length >= goal.hosts
  return { reached, proved, missing }
}

function describe(host: HostView): string {
  const doing = host.error === null ? host.state : `${host.state}: ${printable(host.error.code)}`
  const done = host.progress > 0 && host.progress < 1 ? `, ${Math.floor(host.progress * 100)} %` : ''
  return `${printable(host.host)} at ${printable(host.site)} (${doing}${done}, at release ${host.sequence}, heard ${formatDuration(host.ageSeconds * 1000)} ago)`
}
