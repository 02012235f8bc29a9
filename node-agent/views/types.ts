import type {
  ChannelName,
  ChannelStatus,
  Member,
  PeerKey,
  RecordKind,
  RecordOf,
  ShoalRecord,
} from '../../protocol/index.ts'

/** What views need of the records that this node trusts. */
export interface FleetBook {
  members(): Iterable<Member>
  all<K extends RecordKind>(kind: K): Iterable<RecordOf<K>>
  get(slot: string): ShoalRecord | undefined
  head(channel: string): RecordOf<'head'> | undefined
  onNew(listener: (record: ShoalRecord) => void): () => void
  /** A record is no longer in force: its slot. */
  onDropped(listener: (slot: string) => void): () => void
}

/** A member and its last word. */
export interface FleetHost {
  readonly member: Member
  readonly status: RecordOf<'status'> | undefined
  /** Its word on each channel; for this very node newer than what it has told. */
  readonly channels: ReadonlyMap<string, ChannelStatus>
}

export interface FleetDeps {
  readonly book: FleetBook
  readonly self: PeerKey
  /** This node's own newest word on a channel, told or not. */
  own(channel: ChannelName): ChannelStatus | undefined
  /** Wave of a member in the rollout of a channel's head; null when there is none that can be read. */
  waveOf(channel: string, member: Member): number | null
}
