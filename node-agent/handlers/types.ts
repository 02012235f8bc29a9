import type { ChannelName, ChannelStatus, ShoalRecord } from '../../protocol/index.ts'
import type { LinksView, PeerView } from '../../protocol/status/index.ts'
import type { Core } from '../core.ts'
import type { NetReach } from '../net/index.ts'
import type { LocalChunks } from '../store/index.ts'
import type { Views } from '../views/index.ts'

/** What a running agent adds to a home; offline, nobody listens and nothing is announced. */
export interface LiveParts {
  addresses(): readonly string[]
  /** Connected members. */
  connected(): readonly PeerView[]
  /** What crosses the links to them; null while no agent runs. */
  links(connected: readonly PeerView[]): LinksView | null
  /** This host's own newest word on a channel, told or not. */
  own(channel: ChannelName): ChannelStatus | undefined
  reach(): NetReach
  /** Releases of a channel come from here: says so as this host's status, once, before the mesh learns of the release. */
  publishing(channel: ChannelName): Promise<void>
  /** Sends a record that was just kept to the mesh. */
  announce(record: ShoalRecord): Promise<void>
  /** A release that this host rolled back is tried again; undefined while no agent runs. */
  readonly retry: ((channel: ChannelName) => Promise<void>) | undefined
  /** The release that a budget holds now is fetched; its name. Undefined while no agent runs. */
  readonly consent: ((channel: ChannelName) => Promise<string>) | undefined
  /** What was missing of a channel's release may be here now; does nothing while no agent runs. */
  renew(channel: ChannelName): void
  /** A status document changed: a record came, a peer connected. Returns the unsubscribe function. */
  onChange(listener: () => void): () => void
}

export interface HandlerDeps {
  readonly core: Core
  readonly live: LiveParts
  readonly chunks: LocalChunks
  readonly views: Views
}
