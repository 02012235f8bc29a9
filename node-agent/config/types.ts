import type { ChannelName } from '../../protocol/index.ts'

/** One `[[target]]` of config.toml. */
export interface TargetConfig {
  readonly channel: ChannelName
  /** Absolute path as text. */
  readonly root: string
  readonly strategy: 'in-place' | 'swap' | 'generations'
  readonly graceMs: number
  readonly keep: number
}

/** HOME/config.toml with every default filled in. */
export interface HostConfig {
  /** Multiaddrs to listen on. Empty: the agent's own choice, made once and kept in the home. */
  readonly listen: readonly string[]
  /** Multiaddrs of members to dial first. */
  readonly bootstrap: readonly string[]
  /** Find members on the LAN. */
  readonly mdns: boolean
  /** A host that has nothing new to say repeats its status this often. */
  readonly statusIntervalMs: number
  readonly targets: readonly TargetConfig[]
}
