import type { ChannelName, ChannelStatus } from '../../protocol/index.ts'
import type { TargetRow } from '../../protocol/control/index.ts'
import type { Fetcher } from '../fetch/types.ts'
import type { Journal } from '../journal/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import type { LiveIndex, LocalChunks, ManifestStore, RecordBook, Store } from '../store/index.ts'

/** What one target's pipeline works with; agent.ts fills it in. */
export interface PipelineDeps {
  readonly store: Store
  readonly journal: Journal
  readonly book: RecordBook
  readonly manifests: ManifestStore
  readonly live: LiveIndex
  readonly chunks: LocalChunks
  readonly fetcher: Fetcher
  readonly clock: Clock
  readonly log: Logger
  report(status: ChannelStatus): void
}

export interface PipelineInit {
  readonly channel: ChannelName
  readonly target: TargetRow
}
