import type { ClassLimits, TargetPolicy } from './types.ts'

/** The single home of every default of command line and config.toml. Times in milliseconds. */
export const DEFAULTS = {
  /** Root's home; another user's is below `$XDG_DATA_HOME`. */
  rootHome: '/var/lib/shoal',
  strategy: 'in-place',
  graceMs: 10 * 60_000,
  keep: 2,
  /** Releases before the current one whose content a publisher keeps. */
  keepReleases: 8,
  networkGraceMs: 24 * 3_600_000,
  retainedBytes: 8 * 2 ** 30,
  actionTimeoutMs: 60_000,
  inviteLifetimeMs: 24 * 3_600_000,
  releaseLifetimeMs: 90 * 24 * 3_600_000,
  waitTimeoutMs: 5 * 60_000,
  waitHosts: 'all',
  seedUntil: 1,
  /** Find members on the LAN by multicast. */
  mdns: true,
  /** Pass on what members send each other that cannot connect directly. */
  relay: true,
  /** Send to other sites no faster than their lines carry without a long queue. */
  pace: true,
  metered: false,
  /** A host that has nothing new to say repeats its status this often: an idle host stays far below 2 kbit/s. */
  statusIntervalMs: 5 * 60_000,
  /** Unlocked keys are locked again after this. */
  unlockedIdleMs: 10 * 60_000,
  demoHosts: 5,
  demoSites: 2,
} as const

/** How a target is treated that config.toml says nothing of. */
export const DEFAULT_POLICY: TargetPolicy = {
  networkGraceMs: DEFAULTS.networkGraceMs,
  retainedBytes: DEFAULTS.retainedBytes,
  protect: [],
  local: [],
  beforeCommit: [],
  afterCommit: [],
  health: [],
  accept: [],
  stale: 'report',
}

/** A class of links that config.toml says nothing of. */
export const NO_CLASS_LIMITS: ClassLimits = {
  rate: undefined,
  perDayBytes: undefined,
  perReleaseBytes: undefined,
  quietHours: [],
}
