import type { ActivityRequest, ActivityUpdate } from './activity.ts'
import type { AlertsUpdate } from './alerts.ts'
import type { HostRequest, HostUpdate } from './host.ts'
import type { HostAtRequest, HostLine, HostsQuery, HostsRequest, HostsUpdate, QueryVocabulary } from './hosts.ts'
import type { NetworkPath, NetworkPathRequest, NetworkUpdate } from './network.ts'
import type { OverviewUpdate } from './overview.ts'
import type {
  Folders,
  FoldersRequest,
  PreviewItem,
  PreviewRequest,
  PreviewResult,
  PreviewText,
  PreviewTextRequest,
  PublishPreviewedRequest,
  PublishProgress,
  PublishResult,
} from './preview.ts'
import type {
  CompareRequest,
  CompareResult,
  CompareRow,
  ReleaseListRequest,
  ReleaseListUpdate,
  Republished,
  RepublishRequest,
} from './releases.ts'
import type { RolloutRequest, RolloutUpdate } from './rollout.ts'
import type { AgentSettings, ConsoleSettings } from './settings.ts'

type Nothing = Record<string, never>

/** What a window asks once. */
export interface ViewMethods {
  /** null when the list has become shorter. */
  readonly hostAt: { readonly req: HostAtRequest; readonly res: HostLine | null }
  readonly queryVocabulary: { readonly req: Nothing; readonly res: QueryVocabulary }
  readonly networkPath: { readonly req: NetworkPathRequest; readonly res: NetworkPath }
  /** Sets or takes back that a person has seen it; unknown ids are NO_SUCH_ALERT. */
  readonly alertAcknowledge: {
    readonly req: { readonly id: string; readonly acknowledged: boolean }
    readonly res: AlertsUpdate
  }
  readonly folders: { readonly req: FoldersRequest; readonly res: Folders }
  readonly previewText: { readonly req: PreviewTextRequest; readonly res: PreviewText }
  /** Publishes a release of one channel as a new head of another: nothing is uploaded, hosts fetch only what they lack. */
  readonly republish: { readonly req: RepublishRequest; readonly res: Republished }
  readonly settings: { readonly req: Nothing; readonly res: AgentSettings }
  readonly settingsSet: { readonly req: ConsoleSettings; readonly res: AgentSettings }
}

/** What a window follows, and what comes in pages. The `watch…` ones end only when cancelled. */
export interface ViewStreams {
  readonly watchOverview: { readonly req: Nothing; readonly item: OverviewUpdate; readonly res: null }
  readonly watchHosts: { readonly req: HostsRequest; readonly item: HostsUpdate; readonly res: null }
  readonly watchHost: { readonly req: HostRequest; readonly item: HostUpdate; readonly res: null }
  readonly watchRollout: { readonly req: RolloutRequest; readonly item: RolloutUpdate; readonly res: null }
  readonly watchReleases: { readonly req: ReleaseListRequest; readonly item: ReleaseListUpdate; readonly res: null }
  readonly watchNetwork: { readonly req: Nothing; readonly item: NetworkUpdate; readonly res: null }
  readonly watchActivity: { readonly req: ActivityRequest; readonly item: ActivityUpdate; readonly res: null }
  readonly watchAlerts: { readonly req: Nothing; readonly item: AlertsUpdate; readonly res: null }
  /** Every matching host in pages, by site, then name: for files and the clipboard. The result is how many. */
  readonly exportHosts: { readonly req: HostsQuery; readonly item: readonly HostLine[]; readonly res: number }
  /** Pages in path order. */
  readonly compare: { readonly req: CompareRequest; readonly item: readonly CompareRow[]; readonly res: CompareResult }
  readonly publishPreview: { readonly req: PreviewRequest; readonly item: PreviewItem; readonly res: PreviewResult }
  readonly publishPreviewed: {
    readonly req: PublishPreviewedRequest
    readonly item: PublishProgress
    readonly res: PublishResult
  }
}

export const VIEW_METHODS = {
  hostAt: true,
  queryVocabulary: true,
  networkPath: true,
  alertAcknowledge: true,
  folders: true,
  previewText: true,
  republish: true,
  settings: true,
  settingsSet: true,
} as const satisfies Record<keyof ViewMethods, true>

export const VIEW_STREAMS = {
  watchOverview: true,
  watchHosts: true,
  watchHost: true,
  watchRollout: true,
  watchReleases: true,
  watchNetwork: true,
  watchActivity: true,
  watchAlerts: true,
  exportHosts: true,
  compare: true,
  publishPreview: true,
  publishPreviewed: true,
} as const satisfies Record<keyof ViewStreams, true>
