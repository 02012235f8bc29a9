import type { ChannelRollout } from '../../protocol/status/index.ts'
import type { Views } from './views.ts'

/** What a picture is made of, besides what views keep themselves. */
export interface ViewSources {
  readonly views: Views
  readonly self: { addresses(): readonly string[]; reach(): { readonly behindNat: boolean } }
  /** How a channel's head spreads; null when none is known, or this version cannot read its waves. */
  rollout(channel: string): Promise<ChannelRollout | null>
  /** Manifests whose content is all in this home. */
  kept(): Promise<ReadonlySet<string>>
}
