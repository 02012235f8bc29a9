import { LINK_CLASSES, type LinkReport, type Member, type PeerKey } from '../../protocol/index.ts'
import type { LinksView, LinkView, PeerView } from '../../protocol/status/index.ts'
import type { LinkLimiter } from '../limits/index.ts'
import type { Net, NetConnection, NetPeer } from '../net/index.ts'
import type { Traffic } from '../traffic/index.ts'
import { reportLinks } from './link-report.ts'

export interface LinksDeps {
  readonly net: Pick<Net, 'peers' | 'connections'>
  readonly limits: LinkLimiter
  readonly traffic: Traffic
  readonly book: { member(peer: PeerKey): Pick<Member, 'host'> | undefined }
  /** Releases that the host's targets are at or work on. */
  releases(): readonly { readonly channel: string; readonly sequence: number }[]
}

/** Connected members, those of the own site first, by name (STATUS-7). */
export function connectedPeers(deps: LinksDeps): readonly PeerView[] {
  return joined(deps)
    .map(({ peer, used, all }) => ({ sameSite: peer.sameSite, view: peerView(deps, peer, used, all) }))
    .toSorted((a, b) => Number(b.sameSite) - Number(a.sameSite) || (nameOf(a.view) < nameOf(b.view) ? -1 : 1))
    .map(({ view }) => view)
}

/** What this host tells others of its links (LINKS-1). */
export const ownLinks = (deps: Pick<LinksDeps, 'net'>): LinkReport =>
  reportLinks(
    joined(deps).map(({ peer: { site, sameSite, relayed }, used, all }) => ({
      site,
      sameSite,
      relayed,
      roundTripMs: used.rttMs,
      receiveRate: sumOf(all, 'receiveRate'),
      measured: all.flatMap(({ traffic }) => traffic.measured ?? []).toSorted((a, b) => b.rate - a.rate)[0],
    })),
  )

interface Joined {
  readonly peer: NetPeer
  /** The connection that new streams take. */
  readonly used: NetConnection
  /** All of the peer, while one replaces another. */
  readonly all: readonly NetConnection[]
}

/** Connected members with their connections. */
function joined({ net }: Pick<LinksDeps, 'net'>): readonly Joined[] {
  const connections = Map.groupBy(
    net.connections().filter(({ member }) => member),
    ({ peer }) => peer,
  )
  return net.peers().flatMap((peer) => {
    const all = connections.get(peer.peer) ?? []
    const used = all.find(({ relayed }) => relayed === peer.relayed) ?? all[0]
    return used === undefined ? [] : [{ peer, used, all }]
  })
}

type Counted = 'receivedBytes' | 'sentBytes' | 'receiveRate' | 'sendRate'

const sumOf = (connections: readonly NetConnection[], of: Counted): number =>
  connections.reduce((sum, { traffic }) => sum + traffic[of], 0)

const nameOf = ({ host, peerId }: PeerView): string => `${host ?? ''} ${peerId}`

function peerView(
  { book, limits }: LinksDeps,
  peer: NetPeer,
  used: NetConnection,
  all: readonly NetConnection[],
): PeerView {
  return {
    peerId: peer.peer,
    host: book.member(peer.peer)?.host ?? null,
    site: peer.site,
    link: limits.classOf(peer),
    relayed: peer.relayed,
    address: used.address,
    direction: used.direction,
    connectedAt: new Date(Math.min(...all.map(({ sinceMs }) => sinceMs))).toISOString(),
    roundTripMs: used.rttMs ?? null,
    receivedBytes: sumOf(all, 'receivedBytes'),
    sentBytes: sumOf(all, 'sentBytes'),
    receiveBytesPerSecond: sumOf(all, 'receiveRate'),
    sendBytesPerSecond: sumOf(all, 'sendRate'),
  }
}

/** What crosses this host's links, and what may (STATUS-8). */
export function linksView(deps: LinksDeps, peers: readonly PeerView[]): LinksView {
  const { limits, traffic } = deps
  return {
    classes: LINK_CLASSES.map((link): LinkView => {
      const own = peers.filter((peer) => peer.link === link)
      return {
        link,
        peers: own.length,
        receiveBytesPerSecond: own.reduce((sum, peer) => sum + peer.receiveBytesPerSecond, 0),
        sendBytesPerSecond: own.reduce((sum, peer) => sum + peer.sendBytesPerSecond, 0),
        ...limits.limitsOf(link),
      }
    }),
    traffic: traffic.view,
    releases: deps.releases().flatMap(({ channel, sequence }) =>
      LINK_CLASSES.flatMap((link) => {
        const budget = limits.budgetOf(`${channel}@${sequence}`, link)
        return budget === undefined ? [] : [{ channel, sequence, link, ...budget }]
      }),
    ),
  }
}
