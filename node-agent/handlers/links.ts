import { LINK_CLASSES, type Member, type PeerKey } from '../../protocol/index.ts'
import type { LinksView, LinkView, PeerView } from '../../protocol/status/index.ts'
import type { LinkLimiter } from '../limits/index.ts'
import type { Net, NetConnection, NetPeer } from '../net/index.ts'
import type { Traffic } from '../traffic/index.ts'

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
  const connections = deps.net.connections().filter(({ member }) => member)
  return deps.net
    .peers()
    .flatMap((peer) => {
      const own = connections.filter((connection) => connection.peer === peer.peer)
      const used = own.find(({ relayed }) => relayed === peer.relayed) ?? own[0]
      return used === undefined ? [] : [{ sameSite: peer.sameSite, view: peerView(deps, peer, used, own) }]
    })
    .toSorted((a, b) => Number(b.sameSite) - Number(a.sameSite) || (nameOf(a.view) < nameOf(b.view) ? -1 : 1))
    .map(({ view }) => view)
}

const nameOf = ({ host, peerId }: PeerView): string => `${host ?? ''} ${peerId}`

/** @param used the connection that new streams take @param all of the peer, while one replaces another */
function peerView(
  { book, limits }: LinksDeps,
  peer: NetPeer,
  used: NetConnection,
  all: readonly NetConnection[],
): PeerView {
  const sum = (of: keyof NetConnection['traffic']): number => all.reduce((bytes, { traffic }) => bytes + traffic[of], 0)
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
    receivedBytes: sum('receivedBytes'),
    sentBytes: sum('sentBytes'),
    receiveBytesPerSecond: sum('receiveRate'),
    sendBytesPerSecond: sum('sendRate'),
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
