import type { LinkClass } from '../../protocol/index.ts'
import type { NetPeer } from '../net/index.ts'

/** What a link to a peer costs this host. The LAN costs nothing, whatever the uplink is; on a metered uplink it does not matter how other sites are reached. */
export function linkClass(
  peer: Pick<NetPeer, 'sameSite' | 'relayed'>,
  { metered }: { readonly metered: boolean },
): LinkClass {
  if (peer.sameSite) return 'sameSite'
  if (metered) return 'metered'
  return peer.relayed ? 'relayed' : 'otherSite'
}
