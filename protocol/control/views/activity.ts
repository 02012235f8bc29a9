import type { RowWindow, Signer } from './common.ts'

export const ACTIVITY_KINDS = [
  'release',
  'rollback',
  'rollout',
  'invited',
  'joined',
  'revoked',
  'keys',
  'conflict',
] as const
export type ActivityKind = (typeof ACTIVITY_KINDS)[number]

export interface ActivityRequest extends RowWindow {
  /** None for all. */
  readonly kinds: readonly ActivityKind[]
  /** A part of what, who or text; empty for all. */
  readonly text: string
}

/** Who did what, from signed records alone; newest first. */
export interface ActivityUpdate {
  readonly nowMs: number
  readonly total: number
  readonly matching: number
  readonly first: number
  readonly rows: readonly ActivityRow[]
}

export interface ActivityRow {
  /** Of the record: `kind/key@version`. */
  readonly id: string
  readonly kind: ActivityKind
  /** When its maker says; null where the record has no time. */
  readonly atMs: number | null
  /** Channel or host that it is about. */
  readonly subject: string
  /** In words: `web@12 published: Spring`. */
  readonly text: string
  readonly by: readonly Signer[]
  /** Every signature was checked again just now, and holds. */
  readonly verified: boolean
  /** SHA-256 of what was signed, hex. */
  readonly digest: string
}
