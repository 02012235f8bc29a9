export const ALERT_RULES = [
  'failed',
  'rolled-back',
  'drifted',
  'silent',
  'stale',
  'held',
  'expiring',
  'expired',
  'partition',
  'quarantine',
  'conflict',
  'alone',
] as const
/**
 * Hosts that `failed`, `rolled-back` or `drifted`; `silent` ones; `stale` processes; a budget that has `held` hosts; a root or head `expiring` soon or
 * `expired`; sites that do not reach each other (`partition`); a grant that two machines claim (`quarantine`); two records of one version
 * (`conflict`); this node is connected to nobody (`alone`).
 */
export type AlertRule = (typeof ALERT_RULES)[number]

export interface Alert {
  /** Of the rule and what it is about: the same as long as it goes on. */
  readonly id: string
  readonly rule: AlertRule
  readonly severity: 'bad' | 'warn'
  /** One sentence. */
  readonly text: string
  readonly channel: string | null
  /** How many hosts it is about, and the query that finds them; null when it is not about hosts. */
  readonly hosts: { readonly count: number; readonly query: string } | null
  readonly sinceMs: number
  /** null while it goes on. */
  readonly endedMs: number | null
  readonly acknowledgedMs: number | null
}

export interface AlertsUpdate {
  readonly nowMs: number
  /** Open ones first, worst and newest first; then acknowledged ones; then those that ended, at most `CONTROL_LIMITS.endedAlerts`. */
  readonly alerts: readonly Alert[]
}
