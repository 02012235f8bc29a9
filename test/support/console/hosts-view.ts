import type { HostLine, HostsRequest, HostsUpdate } from '../../../protocol/control/index.ts'
import { createMatcher, requireQuery } from '../../../protocol/query/index.ts'
import { countConditions, countSites, NOW, toStates } from './fleet.ts'

/** Hosts that a query finds. */
export const matching = (hosts: readonly HostLine[], query: string, channel: string | null): readonly HostLine[] => {
  const matches = createMatcher(requireQuery(query))
  return hosts.filter(
    (host) =>
      (channel === null || host.channel === channel) &&
      matches({ ...host, wave: null, channels: host.channel === null ? [] : [host.channel] }, NOW),
  )
}

/** One window of the hosts that a request asks for. */
export function hostsOf(hosts: readonly HostLine[], request: HostsRequest): HostsUpdate {
  const found = matching(hosts, request.query, request.channel)
  const sorted = found.toSorted((a, b) => compareBy(request.sort, a, b) * (request.descending ? -1 : 1))
  const releases = Map.groupBy(found, (host) => `${host.channel}@${host.release}`)
  return {
    nowMs: NOW,
    total: hosts.filter((host) => request.channel === null || host.channel === request.channel).length,
    matching: found.length,
    counts: countConditions(found),
    sites: countSites(found),
    releases: [...releases.values()]
      .map((same) => ({ channel: same[0]?.channel ?? '', sequence: same[0]?.release ?? 0, hosts: same.length }))
      .toSorted((a, b) => b.hosts - a.hosts),
    states: toStates(found),
    first: request.first,
    rows: sorted.slice(request.first, request.first + request.count),
  }
}

function compareBy(sort: HostsRequest['sort'], a: HostLine, b: HostLine): number {
  const by = <T extends string | number>(pick: (host: HostLine) => T): number =>
    pick(a) < pick(b) ? -1 : pick(a) > pick(b) ? 1 : 0
  switch (sort) {
    case 'site':
      return by((host) => host.site)
    case 'release':
      return by((host) => host.release)
    case 'state':
      return by((host) => host.state)
    case 'progress':
      return by((host) => host.progress ?? -1)
    case 'left':
      return by((host) => host.left ?? -1)
    case 'rate':
      return by((host) => host.rate ?? -1)
    case 'time-left':
      return by((host) => host.secondsLeft ?? -1)
    case 'heard':
      return by((host) => host.heardMs ?? -1)
    case 'host':
      return by((host) => host.host)
  }
}
