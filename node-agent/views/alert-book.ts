import { z } from 'zod'
import { type Alert, ALERT_RULES, type AlertRule, CONTROL_LIMITS } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/index.ts'
import { readJson, type Store, writeJson } from '../store/index.ts'
import type { FoundAlert } from './alert-rules.ts'

const KEY = 'alerts'

const time = z.number()
const kept = z.array(
  z.object({
    id: z.string(),
    rule: z.enum(ALERT_RULES),
    severity: z.enum(['bad', 'warn']),
    text: z.string(),
    channel: z.string().nullable(),
    hosts: z.object({ count: z.number(), query: z.string() }).nullable(),
    sinceMs: time,
    endedMs: time.nullable(),
    acknowledgedMs: time.nullable(),
  }),
)

/** Open and past alerts, with since when and who has seen them; kept over restarts. */
export class AlertBook {
  readonly #store: Store
  #alerts: readonly Alert[] = []
  #unsaved = false

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  async load(): Promise<void> {
    const parsed = kept.safeParse(await readJson(this.#store.meta, KEY))
    if (parsed.success) this.#alerts = parsed.data
  }

  /** Open ones first, worst and newest first; then those that were acknowledged, then those that ended. */
  all(): readonly Alert[] {
    return this.#alerts
  }

  open(): readonly Alert[] {
    return this.#alerts.filter(({ endedMs, acknowledgedMs }) => endedMs === null && acknowledgedMs === null)
  }

  /** What the rules find now. True when it is not what there was. */
  update(found: readonly FoundAlert[], muted: readonly AlertRule[], nowMs: number): boolean {
    return this.#set(mergeAlerts(this.#alerts, found, muted, nowMs))
  }

  /** @throws NO_SUCH_ALERT */
  acknowledge(id: string, acknowledged: boolean, nowMs: number): void {
    if (!this.#alerts.some((alert) => alert.id === id && alert.endedMs === null)) {
      throw new ShoalError('NO_SUCH_ALERT', 'there is no such open alert; it may have ended meanwhile')
    }
    const acknowledgedMs = acknowledged ? nowMs : null
    this.#set(inOrder(this.#alerts.map((alert) => (alert.id === id ? { ...alert, acknowledgedMs } : alert))))
  }

  async save(): Promise<void> {
    if (!this.#unsaved) return
    this.#unsaved = false
    await writeJson(this.#store, this.#store.meta, KEY, this.#alerts)
  }

  #set(alerts: readonly Alert[]): boolean {
    if (JSON.stringify(alerts) === JSON.stringify(this.#alerts)) return false
    this.#alerts = alerts
    this.#unsaved = true
    return true
  }
}

/** One that goes on keeps its begin and who has seen it, unless it got worse in number; one that is gone has ended. Pure (VIEW-8). */
export function mergeAlerts(
  before: readonly Alert[],
  found: readonly FoundAlert[],
  muted: readonly AlertRule[],
  nowMs: number,
): readonly Alert[] {
  const heard = found.filter(({ rule }) => !muted.includes(rule))
  const now = new Map(heard.map((alert) => [alert.id, alert]))
  const going = new Map(before.filter(({ endedMs }) => endedMs === null).map((alert) => [alert.id, alert]))
  const open = [...now.values()].map((alert): Alert => {
    const old = going.get(alert.id)
    if (old === undefined) return { ...alert, sinceMs: nowMs, endedMs: null, acknowledgedMs: null }
    const worse = (alert.hosts?.count ?? 0) > (old.hosts?.count ?? 0)
    return { ...alert, sinceMs: old.sinceMs, endedMs: null, acknowledgedMs: worse ? null : old.acknowledgedMs }
  })
  const over = before.flatMap((alert): readonly Alert[] => {
    if (alert.endedMs !== null) return now.has(alert.id) ? [] : [alert]
    return now.has(alert.id) ? [] : [{ ...alert, endedMs: nowMs }]
  })
  const ended = over.toSorted((a, b) => (b.endedMs ?? 0) - (a.endedMs ?? 0)).slice(0, CONTROL_LIMITS.endedAlerts)
  return inOrder([...open, ...ended])
}

const rankOf = ({ endedMs, acknowledgedMs, severity }: Alert): number =>
  endedMs !== null ? 3 : acknowledgedMs !== null ? 2 : severity === 'warn' ? 1 : 0

const inOrder = (alerts: readonly Alert[]): readonly Alert[] =>
  alerts.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || (b.endedMs ?? b.sinceMs) - (a.endedMs ?? a.sinceMs) || (a.id < b.id ? -1 : 1),
  )
