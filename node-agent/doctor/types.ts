import type { HostRow, TargetRow } from '../../protocol/control/index.ts'
import type { ShoalError } from '../../protocol/errors/index.ts'
import type { StatusDocument } from '../../protocol/status/index.ts'
import type { HostConfig } from '../config/index.ts'

/** What was looked at, in the order in which it is shown. */
export const CHECKS = ['clock', 'home', 'kernel', 'rights', 'processes', 'target', 'network', 'trust'] as const
export type Check = (typeof CHECKS)[number]

/** One thing found: as it should be, worth knowing before it hurts, or in the way now. */
export interface Finding {
  readonly check: Check
  readonly level: 'ok' | 'warn' | 'fail'
  /** The channel or address that it is about; null for the host as a whole. */
  readonly about: string | null
  /** In words. */
  readonly found: string
  /** What to do; null when nothing is to be done. */
  readonly advice: string | null
}

/** What a home's records say. */
export interface Known {
  /** An agent runs on the home and said this. */
  readonly live: boolean
  /** Undefined before the home belongs to a mesh. */
  readonly status: StatusDocument | undefined
  readonly targets: readonly TargetRow[]
  readonly hosts: readonly HostRow[]
  /** Newest release of each channel. */
  readonly heads: readonly { readonly channel: string; readonly publishedAt: string; readonly expires: string }[]
}

/** What there is to look at. An error stands where something could not be read. */
export interface Seen {
  readonly nowMs: number
  readonly home: { readonly path: string; readonly config: HostConfig } | ShoalError
  /** Undefined for a home that nothing was ever kept in. */
  readonly known: Known | ShoalError | undefined
}
