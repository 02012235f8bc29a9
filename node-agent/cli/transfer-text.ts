import type { HostView, PeerView } from '../../protocol/status/index.ts'
import { formatDuration, formatSize, linksOf } from '../config/index.ts'
import { printable, table } from './text.ts'

const perSecond = (bytes: number): string => `${formatSize(bytes)}/s`

/** `fetching 41 %, 12.3 MiB left at 58 KiB/s, about 3m 37s`; undefined when nothing is being fetched (CLI-32). */
export function transferLine({ state, progress, transfer }: HostView): string | undefined {
  if (transfer === null) return undefined
  const { leftBytes, bytesPerSecond, etaSeconds } = transfer
  const at = bytesPerSecond === null ? '' : ` at ${perSecond(bytesPerSecond)}`
  const quiet = state === 'fetching' && bytesPerSecond === null ? ', nothing came lately' : ''
  const about = etaSeconds === null ? '' : `, about ${formatDuration(etaSeconds * 1000)}`
  return `${state} ${Math.floor(progress * 100)} %, ${formatSize(leftBytes)} left${at}${quiet}${about}`
}

const SOURCES = {
  sameSite: 'from members of its site',
  otherSites: 'from members of other sites',
  publisher: 'from the publisher',
} as const

/** How what a host received came to it; undefined where it does not say. */
export function receivedLine({ received, receivedBy }: HostView): string | undefined {
  if (receivedBy === null || received.wireBytes === 0) return undefined
  const { links, sources, wasted } = receivedBy
  const parts = [
    list(links, (link) => `over ${linksOf(link)}`),
    list(sources, (source) => SOURCES[source]),
    ...(received.wastedBytes === 0 ? [] : [`wasted ${list(wasted, (kind) => kind)}`]),
  ]
  return `received ${formatSize(received.wireBytes)}: ${parts.join('; ')}`
}

/** The counts that are not 0, each with its words. */
function list<K extends string>(counts: Readonly<Record<K, number>>, words: (kind: K) => string): string {
  const shown: string[] = []
  for (const kind in counts) if (counts[kind] > 0) shown.push(`${formatSize(counts[kind])} ${words(kind)}`)
  return shown.join(', ')
}

/** Connected members, a line each. */
export const peerTable = (peers: readonly PeerView[]): string =>
  table(
    [
      { title: '  PEER' },
      { title: 'SITE' },
      { title: 'LINK' },
      { title: 'WAY' },
      { title: 'ROUND TRIP', right: true },
      { title: 'DOWN', right: true },
      { title: 'UP', right: true },
      { title: 'RECEIVED', right: true },
      { title: 'SENT', right: true },
      { title: 'SINCE' },
    ],
    peers.map((peer) => [
      `  ${printable(peer.host ?? peer.peerId)}`,
      printable(peer.site),
      peer.link,
      peer.relayed ? 'relayed' : 'direct',
      peer.roundTripMs === null ? '-' : formatDuration(peer.roundTripMs),
      perSecond(peer.receiveBytesPerSecond),
      perSecond(peer.sendBytesPerSecond),
      formatSize(peer.receivedBytes),
      formatSize(peer.sentBytes),
      printable(peer.connectedAt),
    ]),
  )
