import {
  type ChannelName,
  LINK_CLASSES,
  type LinkClass,
  SOURCE_KINDS,
  type SourceKind,
  WASTE_KINDS,
  type WasteKind,
} from '../../protocol/index.ts'
import type { TrafficView } from '../../protocol/status/index.ts'

/** What came of one channel, by class of link and by source, and what of it was of no use. */
interface Received {
  readonly from: Record<LinkClass, Record<SourceKind, number>>
  readonly wasted: Record<WasteKind, number>
}

const bySource = (): Record<SourceKind, number> => ({ sameSite: 0, otherSites: 0, publisher: 0 })
const nothing = (): Received => ({
  from: { sameSite: bySource(), otherSite: bySource(), relayed: bySource(), metered: bySource() },
  wasted: { duplicate: 0, bad: 0, cancelled: 0 },
})

/** Channels counted apart: what comes for more counts as for none. */
const CHANNELS = 1024

/** Bytes of content that this host received and served since its agent started; they only grow. */
export class Traffic {
  readonly #received = new Map<ChannelName | '', Received>()
  readonly #served: Record<LinkClass, number> = { sameSite: 0, otherSite: 0, relayed: 0, metered: 0 }

  /** @param channel what it was fetched for, as far as is known */
  received(
    channel: ChannelName | undefined,
    link: LinkClass,
    source: SourceKind,
    wireBytes: number,
    waste: WasteKind | undefined,
  ): void {
    const known = channel !== undefined && (this.#received.has(channel) || this.#received.size < CHANNELS)
    const key = known ? channel : ''
    const counts = this.#received.get(key) ?? nothing()
    this.#received.set(key, counts)
    counts.from[link][source] += wireBytes
    if (waste !== undefined) counts.wasted[waste] += wireBytes
  }

  served(link: LinkClass, bytes: number): void {
    this.#served[link] += bytes
  }

  /** Counts that are not 0, and what was served over every class. */
  get view(): TrafficView {
    const channels = [...this.#received].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return {
      received: channels.flatMap(([channel, { from }]) =>
        LINK_CLASSES.flatMap((link) =>
          SOURCE_KINDS.map((source) => ({ channel, link, source, bytes: from[link][source] })),
        ).filter(({ bytes }) => bytes > 0),
      ),
      wasted: channels.flatMap(([channel, { wasted }]) =>
        WASTE_KINDS.map((kind) => ({ channel, kind, bytes: wasted[kind] })).filter(({ bytes }) => bytes > 0),
      ),
      served: LINK_CLASSES.map((link) => ({ link, bytes: this.#served[link] })),
    }
  }
}
