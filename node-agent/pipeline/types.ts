import type {
  ChannelName,
  ChannelStatus,
  CommitReport,
  Digest,
  LinkClass,
  Manifest,
  PeerKey,
  ReceivedBytes,
  TransferReport,
  TreePath,
} from '../../protocol/index.ts'
import type { TargetRow } from '../../protocol/control/index.ts'
import type { Displaced } from '../commit/index.ts'
import type { Action, TargetPolicy } from '../config/index.ts'
import type { LinkLimiter } from '../limits/index.ts'
import type { DeltaChains } from '../delta/index.ts'
import type { FetchCounts, Fetcher, Spending } from '../fetch/types.ts'
import type { Journal, SwitchJournal } from '../journal/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import type { Rollouts } from '../rollout/index.ts'
import type { StatCache } from '../scan/index.ts'
import type { LiveIndex, LocalChunks, ManifestStore, PackStore, RecordBook, Store } from '../store/index.ts'
import type { DeltaPath } from './delta-path.ts'
import type { HoldChange } from './holds.ts'
import type { TargetTree } from './target-tree.ts'
import type { Turn } from './turn.ts'

/** What one target's pipeline works with; agent.ts fills it in. */
export interface PipelineDeps {
  readonly store: Store
  readonly journal: Journal
  readonly switches: SwitchJournal
  readonly book: RecordBook
  readonly manifests: ManifestStore
  readonly live: LiveIndex
  readonly chunks: LocalChunks
  /** Keeps what is fetched beside content: the pieces of deltas. */
  readonly packs: PackStore
  readonly fetcher: Fetcher
  readonly chains: DeltaChains
  /** Connected members of this host's site. */
  readonly neighbours: () => readonly PeerKey[]
  readonly limits: LinkLimiter
  readonly rollouts: Pick<Rollouts, 'hold' | 'afterMs'>
  /** This host. */
  readonly self: PeerKey
  /** Class of what comes from other sites now. */
  readonly uplink: () => LinkClass
  readonly clock: Clock
  readonly log: Logger
  report(status: ChannelStatus): void
}

export interface PipelineInit {
  readonly channel: ChannelName
  readonly target: TargetRow
  readonly policy: TargetPolicy
  readonly actions: readonly Action[]
  /** This node's home: locks lie there. */
  readonly home: string
}

/** One release on its way into one live tree. */
export interface ApplyInit {
  readonly channel: ChannelName
  readonly tree: TargetTree
  readonly policy: TargetPolicy
  readonly cache: StatCache
  readonly sequence: number
  readonly id: Digest
  readonly manifest: Manifest
  readonly previous: Manifest | undefined
  /** Tells by which deltas the release is made; undefined when it is not fetched for a head. */
  readonly findPath: (() => Promise<DeltaPath>) | undefined
  /** Neighbours with which what is missing is shared out; undefined when it is not fetched for a head. */
  readonly partners: (() => ReadonlySet<PeerKey>) | undefined
  /** Undefined when it is not fetched for a head: then no budget of a release holds it. */
  readonly spending: Spending | undefined
  readonly signal: AbortSignal
  /** Told as work goes on; `received` counts this release from its first byte. */
  readonly onState: (state: 'fetching' | 'staging' | 'committing', progress: number, transfer?: TransferReport) => void
  readonly onCounts: (counts: FetchCounts) => void
  /** Everything is staged; what it throws leaves the live tree untouched. `displaced`: inodes that no path will name any more, by `inodeKey`, with their paths. */
  readonly beforeCommit: (displaced: ReadonlyMap<string, TreePath>) => Promise<void>
}

/** What a commit did, and where what it displaced stands now. */
export interface Committed {
  readonly commit: CommitReport
  /** Folder that holds what was displaced, beneath `live` (in place) or the directory beside; undefined when nothing was. */
  readonly folder: TreePath | undefined
  readonly displaced: Displaced
}

export interface Applied extends Committed {
  readonly reusedBytes: ReceivedBytes['reusedBytes']
}

/** One release to be made live. */
export interface Wanted {
  readonly sequence: number
  readonly id: Digest
  readonly manifest: Manifest
  /** Tells by which deltas the release is made; not when it is one that was here before. */
  readonly findPath?: () => Promise<DeltaPath>
  readonly partners?: () => ReadonlySet<PeerKey>
  /** Whether it may be committed now, as its rollout goes; not when it is one that was here before. */
  readonly turn?: Turn
  /** What its bytes are spent on, given how to report that limits hold it. */
  readonly spend?: (tell: (change: HoldChange) => void) => Spending
}
