import type { ChannelName, LinkClass } from '../../protocol/index.ts'

/** One `[[target]]` of config.toml. */
export interface TargetConfig {
  readonly channel: ChannelName
  /** Absolute path as text. */
  readonly root: string
  readonly strategy: 'in-place' | 'swap' | 'generations'
  readonly graceMs: number
  readonly keep: number
  readonly policy: TargetPolicy
}

/** What happens to a file of the release that was edited on this host: replaced and the copy kept, left as it is, or the commit refused. */
export type LocalPolicy = 'overwrite' | 'keep' | 'fail'

/** What is done with processes that run on an older release once a newer one is committed. */
export type StalePolicy = 'report' | 'restart' | 'reload'

/** How one target is treated on this host; only config.toml sets it, never a release. */
export interface TargetPolicy {
  /** Grace of what commits displace where other machines may hold files open: network file systems, exported roots. */
  readonly networkGraceMs: number
  /** Most bytes that displaced files may take while nobody holds them; the oldest go first. */
  readonly retainedBytes: number
  /** Globs of paths that are never touched, whatever a release says. */
  readonly protect: readonly string[]
  /** The first rule whose glob matches decides; `overwrite` where none does. */
  readonly local: readonly { readonly glob: string; readonly policy: LocalPolicy }[]
  /** Names of actions, in order. */
  readonly beforeCommit: readonly string[]
  readonly afterCommit: readonly string[]
  readonly health: readonly string[]
  /** Names of actions that a release may suggest to run after its commit. */
  readonly accept: readonly string[]
  readonly stale: StalePolicy
}

/** A command that this host lets Shoal run. No shell ever reads it. */
export interface Action {
  readonly name: string
  /** Absolute path of the program, then its arguments. */
  readonly argv: readonly string[]
  /** User to run as; undefined for the agent's own. */
  readonly user: string | undefined
  readonly timeoutMs: number
}

/** A part of every day in the host's local time, minutes since midnight; it goes on after midnight where `from` is not before `to`. */
export interface QuietHours {
  readonly from: number
  readonly to: number
}

/** What transfers over one class of links may take; undefined for no bound. */
export interface ClassLimits {
  /** Bytes a second over all peers of the class, each way. */
  readonly rate: number | undefined
  /** Bytes fetched in a local day. */
  readonly perDayBytes: number | undefined
  /** Bytes fetched for one release. */
  readonly perReleaseBytes: number | undefined
  /** Nothing is fetched and nothing served meanwhile. */
  readonly quietHours: readonly QuietHours[]
}

/** HOME/config.toml with every default filled in. */
export interface HostConfig {
  /** Multiaddrs to listen on. Empty: the agent's own choice, made once and kept in the home. */
  readonly listen: readonly string[]
  /** Multiaddrs of members to dial first. */
  readonly bootstrap: readonly string[]
  /** Find members on the LAN. */
  readonly mdns: boolean
  /** Passes on what members send each other that cannot connect directly. */
  readonly relay: boolean
  /** Sends to other sites no faster than their lines carry without a long queue. */
  readonly pace: boolean
  /** This host's uplink is paid for by volume: whatever it exchanges with other sites is of the class `metered`. */
  readonly metered: boolean
  readonly limits: Readonly<Record<LinkClass, ClassLimits>>
  /** A host that has nothing new to say repeats its status this often. */
  readonly statusIntervalMs: number
  /** Releases of a channel before the current one whose content stays in this home after it was published from here. */
  readonly keepReleases: number
  /** Absolute paths of folders in which a console's window may choose what to publish. */
  readonly webRoots: readonly string[]
  readonly targets: readonly TargetConfig[]
  readonly actions: readonly Action[]
}
