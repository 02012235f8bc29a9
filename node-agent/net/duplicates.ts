import type { PeerKey } from '../../protocol/index.ts'
import { isRelayed } from './addresses.ts'
import type { Tracked } from './tracked.ts'

/**
 * Which of two connections to one peer this side closes, undefined where the other side does. A direct one replaces a relayed one. Of two that crossed, both sides keep the
 * one that the smaller peer id dialled; of two by one side, that side keeps the older.
 *
 * @param self this node's own id
 */
export function surplus(older: Tracked, newer: Tracked, self: PeerKey): Tracked | undefined {
  const dialler = (t: Tracked): PeerKey => (t.connection.direction === 'outbound' ? self : t.peer)
  const [viaRelay, direct] = [older, newer].map(({ connection }) => isRelayed(connection.remoteAddr))
  if (viaRelay !== direct) return viaRelay === true ? older : newer
  const [a, b] = [dialler(older), dialler(newer)]
  if (a !== b) return a < b ? newer : older
  return a === self ? newer : undefined
}
