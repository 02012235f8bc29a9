import type { LinkClass, SourceKind, WasteKind } from '../records/index.ts'

/** A connected member as this node sees it. Bytes are those of Shoal's own streams; gossip and keep-alives are not among them. */
export interface PeerView {
  readonly peerId: string
  /** Null for a member whose name is not known here. */
  readonly host: string | null
  readonly site: string
  readonly link: LinkClass
  /** Every connection to it goes through another member. */
  readonly relayed: boolean
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly connectedAt: string
  /** Null until it was measured. */
  readonly roundTripMs: number | null
  /** Since it connected. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Of the last 30 seconds. */
  readonly receiveBytesPerSecond: number
  readonly sendBytesPerSecond: number
}

/** All links of this host. */
export interface LinksView {
  readonly classes: readonly LinkView[]
  readonly traffic: TrafficView
  /** Budgets of the releases that its targets are at or work on. */
  readonly releases: readonly ReleaseBudgetView[]
}

/** The links of one class together. */
export interface LinkView {
  readonly link: LinkClass
  readonly peers: number
  readonly receiveBytesPerSecond: number
  readonly sendBytesPerSecond: number
  /** What `rate` allows each way; null without a limit. */
  readonly limitBytesPerSecond: number | null
  /** Bytes fetched since the last local midnight, held against `perDay`. */
  readonly today: BudgetView
}

/** A budget and what is used of it. `limitBytes` and `leftBytes` are null without a limit. */
export interface BudgetView {
  readonly usedBytes: number
  readonly limitBytes: number | null
  readonly leftBytes: number | null
}

/** What one release may cost over one class of links. */
export interface ReleaseBudgetView extends BudgetView {
  readonly channel: string
  readonly sequence: number
  readonly link: LinkClass
  /** A person let it exceed its budgets. */
  readonly consented: boolean
}

/** Bytes of content since the agent started; they only grow. `channel` is empty for what belongs to none. */
export interface TrafficView {
  readonly received: readonly {
    readonly channel: string
    readonly link: LinkClass
    readonly source: SourceKind
    readonly bytes: number
  }[]
  readonly wasted: readonly { readonly channel: string; readonly kind: WasteKind; readonly bytes: number }[]
  readonly served: readonly { readonly link: LinkClass; readonly bytes: number }[]
}
