import type { ChannelName, Digest, Entry, Manifest, TreePath } from '../../protocol/index.ts'
import type { PreviewRow } from '../../protocol/control/index.ts'

/** What a folder is compared with. */
export interface Base {
  readonly channel: ChannelName
  /** Of the channel's head; 0 when it has none. */
  readonly sequence: number
  /** Its manifest; undefined when the channel has none. */
  readonly id: Digest | undefined
  readonly manifest: Manifest | undefined
  readonly byPath: ReadonlyMap<TreePath, Entry>
  /** Every chunk of it. */
  readonly digests: ReadonlySet<Digest>
}

/** Rows as they were last sent, by path. */
export type ShownRows = Map<string, PreviewRow>
