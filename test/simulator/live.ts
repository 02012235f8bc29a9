import type { LiveParts } from '../../node-agent/handlers/index.ts'
import { reportLinks } from '../../node-agent/handlers/link-report.ts'
import type { MeshPart } from '../../node-agent/core.ts'
import { LINK_CLASSES, type LinkReport, parseSiteName } from '../../protocol/index.ts'
import type { LinksView, PeerView } from '../../protocol/status/index.ts'
import { addressOf } from './enrol.ts'
import type { Simulation } from './simulation.ts'
import type { Machine, Place } from './state.ts'

/** Members that the console is connected to at each site that it knows, at most. */
const PER_SITE = 3

export interface LiveDeps {
  readonly mesh: Pick<MeshPart, 'book' | 'peer'>
  /** Undefined while the past is made up. */
  simulation(): Simulation | undefined
}

/** What a running agent would add to the home: connections to simulated members, and nobody else to tell anything. */
export function simulatedLive({ mesh, simulation }: LiveDeps): LiveParts {
  return {
    addresses: () => [`/ip4/10.0.0.4/tcp/4001/p2p/${mesh.peer}`],
    connected: () => (simulation()?.topology.ofConsole() ?? []).flatMap(peersAt),
    links: linksOf,
    own: () => undefined,
    reach: () => ({ behindNat: false, relays: [], relayedBytes: 0, unreached: 0, nextDialAt: null }),
    publishing: async () => undefined,
    announce: async () => undefined,
    retry: undefined,
    consent: undefined,
    renew: () => undefined,
    onChange: (listener) => mesh.book.onNew(listener),
  }
}

/** What this node tells of its links. */
export const ownReport = (peers: readonly PeerView[]): LinkReport =>
  reportLinks(
    peers.map(({ site, relayed, roundTripMs, receiveBytesPerSecond }) => ({
      site: parseSiteName(site),
      sameSite: false,
      relayed,
      roundTripMs: roundTripMs ?? undefined,
      receiveRate: receiveBytesPerSecond,
      measured: undefined,
    })),
  )

function peersAt(place: Place): readonly PeerView[] {
  if (place.cut) return []
  const there = place.machines.filter(({ silent }) => !silent).slice(0, PER_SITE)
  return there.map((machine) => peerView(place, machine, there.length))
}

function peerView({ site, fromConsoleRate }: Place, { enrolled, saidMs }: Machine, peers: number): PeerView {
  const { host, peer } = enrolled
  const link = site.metered ? 'metered' : site.relayed ? 'relayed' : 'otherSite'
  return {
    peerId: peer,
    host: host.name,
    site: site.name,
    link,
    relayed: site.relayed,
    address: addressOf(host),
    direction: host.number % 3 === 0 ? 'inbound' : 'outbound',
    connectedAt: new Date(saidMs - 3_600_000).toISOString(),
    roundTripMs: site.roundTripMs + (host.number % 4),
    receivedBytes: 40_000 + host.number,
    sentBytes: 900_000 + 17 * host.number,
    receiveBytesPerSecond: 60 + (host.number % 50),
    sendBytesPerSecond: Math.round(fromConsoleRate / peers),
  }
}

function linksOf(peers: readonly PeerView[]): LinksView {
  const unlimited = { usedBytes: 0, limitBytes: null, leftBytes: null }
  return {
    classes: LINK_CLASSES.map((link) => {
      const own = peers.filter((peer) => peer.link === link)
      return {
        link,
        peers: own.length,
        receiveBytesPerSecond: own.reduce((sum, peer) => sum + peer.receiveBytesPerSecond, 0),
        sendBytesPerSecond: own.reduce((sum, peer) => sum + peer.sendBytesPerSecond, 0),
        limitBytesPerSecond: null,
        today: unlimited,
      }
    }),
    traffic: { received: [], wasted: [], served: [] },
    releases: [],
  }
}
