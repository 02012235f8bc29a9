import type { ChannelName, ChannelStatus, Digest, RecordOf } from '../../protocol/index.ts'
import type { RolloutState } from '../../protocol/rollout/index.ts'
import type { Enrolled } from './enrol.ts'
import type { WorldSite } from './world.ts'

/** Where a host is with a release. */
export type Phase = 'rest' | 'learning' | 'fetching' | 'waiting' | 'staging' | 'settling' | 'stopped'

/** One channel on one machine. */
export interface Work {
  readonly machine: Machine
  readonly channel: ChannelName
  phase: Phase
  /** When the phase is over, where time alone ends it. */
  dueMs: number
  /** What it says of itself. */
  status: ChannelStatus
  /** Release being worked on. */
  target: RecordOf<'head'> | undefined
  /** Bytes of it that are here, of so many that are needed. */
  done: number
  need: number
  /** What it takes part in while it fetches, and how fast it came lately, bytes a second. */
  share: Share | undefined
  rate: number
  /** Of what is here, what this very host took over its site's line; the rest is from neighbours. */
  own: number
  /** Revision of the rollout at which it last asked for its turn. */
  asked: number
  /** What it goes back to when a release is not healthy. */
  before: Pick<ChannelStatus, 'sequence' | 'manifest'>
  /** A person told it to try again what it had rolled back. */
  retried: boolean
}

export interface Machine {
  readonly enrolled: Enrolled
  readonly place: Place
  readonly works: Work[]
  /** Its line is cut, or it is turned off. */
  silent: boolean
  /** By its own clock; when it spoke last. */
  saidMs: number
  /** It has something to say that cannot wait. */
  dirty: boolean
  /** It is a member no more. */
  out: boolean
}

/** What hosts of a site share of a release that they all take from the same one: it crosses their line once. */
export interface Share {
  readonly need: number
  crossed: number
  /** Part of it that some host has taken. */
  taken: number
  /** Hosts that take part. */
  hosts: number
  /** Of what crosses, how much the publisher itself sends. */
  readonly fromPublisher: number
}

/** A site at work. */
export interface Place {
  readonly site: WorldSite
  readonly machines: Machine[]
  readonly shares: Map<string, Share>
  readonly active: Set<Work>
  /** Those of its machines that are dirty. */
  readonly speaking: Set<Machine>
  /** Nothing gets in or out. */
  cut: boolean
  /** Hosts that fetch at the moment, and share its LAN. */
  fetching: number
  /** Bytes a second over its line now, and those that the console sends. */
  inRate: number
  fromConsoleRate: number
}

/** A channel's newest release, as every host knows it that is not cut off. */
export interface ChannelState {
  readonly head: RecordOf<'head'>
  readonly rollout: RolloutState
  readonly revision: number
  /** Bytes to be fetched by a host at each earlier release. */
  readonly needs: ReadonlyMap<Digest, number>
}
