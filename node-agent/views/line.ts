import type { ChannelStatus, RecordOf } from '../../protocol/index.ts'
import type { HostLine } from '../../protocol/control/index.ts'
import type { QueryRow } from '../../protocol/query/index.ts'
import { conditionOf, type HostCondition, SILENT_SECONDS } from '../../protocol/status/index.ts'
import type { FleetHost } from './types.ts'

/** While anything comes, hosts say so every 30 seconds: after three times as long nobody knows whether it goes on. */
export const RECENT_MS = 90_000

/** Which word of a host with several channels is shown: the first of these. */
const WORST_FIRST: readonly HostCondition[] = [
  'failed',
  'rolled-back',
  'drifted',
  'refused',
  'offline',
  'held',
  'paused',
  'waiting',
  'catching-up',
  'updating',
  'unknown',
  'idle',
  'current',
]
const SEVERITY = new Map(WORST_FIRST.map((condition, i) => [condition, i]))

/** 0 is the worst. */
export const severityOf = (condition: HostCondition): number => SEVERITY.get(condition) ?? 0

/** A line, what queries see of it, and until when it stays as it is if nothing new is heard. */
export interface FleetLine {
  readonly line: HostLine
  readonly row: QueryRow
  /** As the row has it. */
  readonly wave: number | null
  readonly untilMs: number
}

/** The row is made when somebody asks: most lines are only counted. */
class KnownLine implements FleetLine {
  readonly line: HostLine
  readonly wave: number | null
  readonly untilMs: number
  readonly #host: FleetHost
  #row: QueryRow | undefined

  constructor(host: FleetHost, line: HostLine, wave: number | null, untilMs: number) {
    this.#host = host
    this.line = line
    this.wave = wave
    this.untilMs = untilMs
  }

  get row(): QueryRow {
    return (this.#row ??= { ...this.line, channels: [...this.#host.channels.keys()], wave: this.wave })
  }
}

export interface LineInput {
  readonly host: FleetHost
  readonly own: ChannelStatus
  readonly head: RecordOf<'head'> | undefined
  readonly wave: number | null
  readonly nowMs: number
}

/** How a host stands on one channel. Pure. */
export function channelLine({ host, own, head, wave, nowMs }: LineInput): FleetLine {
  const heardMs = host.status?.body.atMs ?? 0
  const ageSeconds = Math.max(0, (nowMs - heardMs) / 1000)
  const fresh = head !== undefined && nowMs <= head.body.expiresMs
  const state = conditionOf({
    head: head?.version ?? 0,
    fresh,
    release: own.sequence,
    proved: own.proved,
    said: own.state,
    error: own.error?.code ?? null,
    ageSeconds,
  })
  const recent = nowMs - heardMs <= RECENT_MS
  const atWork = state === 'updating' || state === 'catching-up' || state === 'held'
  const left = own.transfer?.leftBytes ?? null
  const rate =
    recent && own.transfer !== undefined && own.transfer.bytesPerSecond > 0 ? own.transfer.bytesPerSecond : null
  const ends = [heardMs + SILENT_SECONDS * 1000, heardMs + RECENT_MS, head?.body.expiresMs ?? 0]
  const line: HostLine = {
    host: host.member.host,
    site: host.member.site,
    labels: host.member.labels,
    channel: own.channel,
    release: own.sequence,
    want: head?.version ?? 0,
    state,
    proved: own.proved,
    progress: atWork ? own.progress : null,
    left: atWork ? left : null,
    rate: atWork ? rate : null,
    secondsLeft: atWork && left !== null && rate !== null ? Math.ceil(left / rate) : null,
    heardMs,
    error: own.error === undefined ? null : `${own.error.code}: ${own.error.message}`,
    stale: own.staleProcesses.length,
  }
  return new KnownLine(host, line, wave, Math.min(...ends.filter((ms) => ms >= nowMs)))
}

/** A member that has said nothing of any channel. Pure. */
export function bareLine(host: FleetHost, nowMs: number): FleetLine {
  const { member, status } = host
  const heardMs = status?.body.atMs ?? null
  const silentMs = heardMs === null ? Number.POSITIVE_INFINITY : heardMs + SILENT_SECONDS * 1000
  const state = heardMs === null ? 'unknown' : nowMs > silentMs ? 'offline' : 'idle'
  const line: HostLine = {
    host: member.host,
    site: member.site,
    labels: member.labels,
    channel: null,
    release: 0,
    want: 0,
    state,
    proved: false,
    progress: null,
    left: null,
    rate: null,
    secondsLeft: null,
    heardMs,
    error: null,
    stale: 0,
  }
  return new KnownLine(host, line, null, nowMs > silentMs ? Number.POSITIVE_INFINITY : silentMs)
}

/** The worst of several, with the stale processes of all. Pure; undefined for none. */
export function worstOf(host: FleetHost, lines: readonly FleetLine[]): FleetLine | undefined {
  const [worst] = lines.toSorted((a, b) => severityOf(a.line.state) - severityOf(b.line.state))
  if (worst === undefined || lines.length === 1) return worst
  const stale = lines.reduce((sum, { line }) => sum + line.stale, 0)
  return new KnownLine(host, { ...worst.line, stale }, worst.wave, Math.min(...lines.map((one) => one.untilMs)))
}
