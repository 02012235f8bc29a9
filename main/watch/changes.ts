import type { Alert, AlertsUpdate, OverviewUpdate } from '../../protocol/control/window.ts'
import { routeOf } from '../../protocol/console/index.ts'

/** Pure: what waits for a person. */
export const openAlerts = ({ alerts }: AlertsUpdate): readonly Alert[] =>
  alerts.filter(({ endedMs, acknowledgedMs }) => endedMs === null && acknowledgedMs === null)

/** Pure: what has begun between two pictures. */
export function newlyOpened(before: AlertsUpdate, after: AlertsUpdate): readonly Alert[] {
  const known = new Set(before.alerts.filter(({ endedMs }) => endedMs === null).map(({ id }) => id))
  return openAlerts(after).filter(({ id }) => !known.has(id))
}

/** Pure: channels whose release has just been proved by every host. */
export function newlyConverged(
  before: OverviewUpdate,
  after: OverviewUpdate,
): readonly { readonly channel: string; readonly release: number; readonly hosts: number }[] {
  return after.channels.flatMap(({ channel, release, converged, hosts }) => {
    const old = before.channels.find((card) => card.channel === channel)
    const isDone = release > 0 && hosts > 0 && converged === hosts
    const wasDone = old !== undefined && old.release === release && old.converged === old.hosts
    return isDone && old !== undefined && !wasDone ? [{ channel, release, hosts }] : []
  })
}

/** Pure: how far the releases are that hosts work on now, 0 to 1 of their reachable hosts; undefined when none does. */
export function fleetProgress({ channels }: OverviewUpdate): number | undefined {
  const moving = channels.filter(({ counts }) => counts.updating + counts['catching-up'] > 0)
  const reachable = moving.reduce((sum, { estimate }) => sum + estimate.reachable, 0)
  const converged = moving.reduce((sum, card) => sum + card.converged, 0)
  return reachable === 0 ? undefined : Math.min(1, converged / reachable)
}

/** Where a click on an alert leads: to its hosts, if it is about hosts. */
export const routeOfAlert = ({ hosts, channel }: Alert): string =>
  hosts === null ? routeOf('alerts') : routeOf('hosts', [], { q: hosts.query, channel: channel ?? undefined })
