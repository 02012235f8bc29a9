import type {
  GroupWindow,
  HostState,
  ReceivedBy,
  ReceivedBytes,
  RetainedReport,
  StaleReason,
} from '../records/index.ts'
import type { RolloutView } from './rollout-types.ts'
import type { LinksView, PeerView } from './transfer-types.ts'

/** The document of `shoal status --json`: times are UTC ISO 8601, sizes bytes. Its shape is the command line contract (docs/spec/cli.md). */
export interface StatusDocument {
  readonly mesh: MeshView
  readonly self: SelfView
  readonly channels: readonly ChannelView[]
}

export interface MeshView {
  readonly id: string
  readonly name: string
  readonly rootVersion: number
  readonly expires: string
}

/** This node. `host` and `site` are null on a node that created the mesh but is no host of it. */
export interface SelfView {
  readonly peerId: string
  readonly host: string | null
  readonly site: string | null
  /** Multiaddrs it listens on; empty while no agent runs. */
  readonly addresses: readonly string[]
  /** Connected members. */
  readonly peers: number
  readonly rssBytes: number
  /** Bytes on disk of the chunks that this node keeps beside live trees: a publisher's releases, pieces of deltas, what was carried here. */
  readonly storeBytes: number
  readonly reach: ReachView
  /** Connected members, those of the own site first. */
  readonly connected: readonly PeerView[]
  /** What crosses this host's links; null while no agent runs. */
  readonly links: LinksView | null
}

/** How others reach this node. */
export interface ReachView {
  /** Members of other sites see it at an address that it does not have itself, and none of them has opened a connection to it. */
  readonly behindNat: boolean
  /** Peer ids of members that hold a place for it to be reached at. */
  readonly relays: readonly string[]
  /** Bytes that it passed on between others since its agent started. */
  readonly relayedBytes: number
  /** Members and bootstrap addresses that are not connected and did not answer when they were dialled last. They are dialled for ever. */
  readonly unreached: number
  /** When the first of them is dialled again, ISO 8601; null for none. */
  readonly nextDialAt: string | null
}

/** A channel as this node knows it. */
export interface ChannelView {
  readonly name: string
  /** Sequence of the head; 0 when no release is known. */
  readonly sequence: number
  /** `sha256-…` of the head; null when no release is known. */
  readonly manifest: string | null
  readonly publishedAt: string | null
  /** The head has not expired. */
  readonly fresh: boolean
  /** Hosts that have proved the head. */
  readonly converged: number
  /** Hosts known to have the channel as a target. */
  readonly hosts: number
  /** How the head spreads; null when no release is known. */
  readonly rollout: RolloutView | null
  readonly states: readonly HostView[]
}

/** One host's own word on one channel, and how old that word is. */
export interface HostView {
  readonly host: string
  readonly site: string
  readonly peerId: string
  /** Release that its live tree is at; 0 for none. */
  readonly sequence: number
  readonly manifest: string | null
  readonly state: HostState
  /** The host signed that its observed tree equals `manifest`. */
  readonly proved: boolean
  /** 0 to 1 of the release it works on. */
  readonly progress: number
  readonly ageSeconds: number
  /** Its wave of the head's rollout, from 1; null when no release is known. */
  readonly wave: number | null
  readonly received: ReceivedBytes
  /** `received` by class of link, by source, and by why it was wasted; null where nothing was received, or the host does not say. */
  readonly receivedBy: ReceivedBy | null
  /** Null unless content is being fetched. */
  readonly transfer: TransferView | null
  readonly commit: CommitView | null
  readonly retained: RetainedReport
  /** Processes that run on an older release. */
  readonly staleProcesses: readonly StaleProcessView[]
  /** Processes that will be stale once the release being worked on is committed. */
  readonly atRisk: readonly StaleProcessView[]
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A transfer under way. */
export interface TransferView {
  /** Still to be fetched, before compression on the wire. */
  readonly leftBytes: number
  /** Of such bytes, how many came a second lately; null when none did, or nothing was heard of the host meanwhile. */
  readonly bytesPerSecond: number | null
  /** Null without recent progress. */
  readonly etaSeconds: number | null
}

export interface CommitView {
  readonly strategy: 'in-place' | 'swap' | 'generations'
  readonly operations: number
  readonly windowMs: number
  readonly at: string
  readonly groups: readonly GroupWindow[]
  /** What the file system or kernel could not guarantee, in words. */
  readonly weaker: readonly string[]
}

export interface StaleProcessView {
  readonly pid: number
  readonly why: StaleReason
  readonly startedAt: string
  readonly unit: string
  readonly command: string
  readonly paths: readonly string[]
}
