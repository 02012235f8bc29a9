import {
  type ChannelStatus,
  parsePeerKey,
  type PeerKey,
  type RecordKind,
  type RecordOf,
  type ShoalRecord,
} from '../../protocol/index.ts'
import type { HostLine } from '../../protocol/control/index.ts'
import { bareLine, channelLine, type FleetLine, worstOf } from './line.ts'
import type { FleetDeps, FleetHost } from './types.ts'

interface Entry {
  host: FleetHost
  /** By channel; '' is the worst of all. */
  readonly lines: Map<string, FleetLine>
}

/** A host, its word on a channel, and how it stands by it. */
export interface FleetHostLine {
  readonly host: FleetHost
  readonly own: ChannelStatus
  readonly line: HostLine
  /** Wave of the channel's newest release; null without waves. */
  readonly wave: number | null
}

/** Kinds that change neither who is a member nor how one stands. */
const WORDS: ReadonlySet<RecordKind> = new Set(['retry', 'proposal'])

/** What has changed: one host's word, or so much that everything is to be looked at again. */
export interface FleetChange {
  readonly peer: PeerKey | undefined
}

/**
 * Every member with its last word, and how it stands, kept up with the records as they come. What is asked again costs only what has changed:
 * with 10,000 hosts a picture of all takes milliseconds.
 */
export class Fleet {
  readonly #deps: FleetDeps
  readonly #kept = new Map<PeerKey, Entry>()
  /** Membership may have changed: it is read again when somebody asks, once for however many records came. */
  #stale = false
  readonly #listeners = new Set<(change: FleetChange) => void>()
  #ordered: readonly Entry[] | undefined
  /** Channels that any host has as a target; undefined when it is not known any more. */
  #targets: Set<string> | undefined
  #unsubscribe: (() => void)[] = []

  constructor(deps: FleetDeps) {
    this.#deps = deps
  }

  /** Reads what is there and follows what comes, and what is taken back. */
  open(): void {
    const { book } = this.#deps
    const readAgain = (): void => {
      this.#stale = true
      this.#tell({ peer: undefined })
    }
    if (this.#unsubscribe.length === 0) {
      this.#unsubscribe = [book.onNew((record) => this.#take(record)), book.onDropped(readAgain)]
    }
    this.#read()
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
  }

  onChange(listener: (change: FleetChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Ordered by site, then name. */
  *hosts(): Iterable<FleetHost> {
    for (const { host } of this.#inOrder()) yield host
  }

  /** Those of them that are members. */
  *some(peers: Iterable<PeerKey>): Iterable<FleetHost> {
    for (const peer of peers) {
      const entry = this.#entries.get(peer)
      if (entry !== undefined) yield entry.host
    }
  }

  host(name: string): FleetHost | undefined {
    return this.#inOrder().find(({ host }) => host.member.host === name)?.host
  }

  get size(): number {
    return this.#entries.size
  }

  /** Names of every channel with a release or a target, sorted. */
  channels(): readonly string[] {
    const entries = this.#entries
    this.#targets ??= new Set([...entries.values()].flatMap(({ host }) => [...host.channels.keys()]))
    const names = new Set(this.#targets)
    for (const head of this.#deps.book.all('head')) names.add(head.key)
    return [...names].toSorted()
  }

  head(channel: string): RecordOf<'head'> | undefined {
    return this.#deps.book.head(channel)
  }

  /** How hosts stand, ordered by site, then name: those that have the channel as a target, or all (null), each at its worst. */
  lines(channel: string | null, nowMs: number): readonly FleetLine[] {
    this.#refreshSelf()
    const lines: FleetLine[] = []
    for (const entry of this.#inOrder()) {
      const line = channel === null ? this.#worst(entry, nowMs) : this.#line(entry, channel, nowMs)
      if (line !== undefined) lines.push(line)
    }
    return lines
  }

  /** Hosts that have a channel as a target, ordered by site, then name. */
  hostLines(channel: string, nowMs: number): readonly FleetHostLine[] {
    this.#refreshSelf()
    return this.#inOrder().flatMap((entry): readonly FleetHostLine[] => {
      const own = entry.host.channels.get(channel)
      const known = this.#line(entry, channel, nowMs)
      if (own === undefined || known === undefined) return []
      return [{ host: entry.host, own, line: known.line, wave: known.wave }]
    })
  }

  /** How one host stands on a channel that it has. */
  line(host: FleetHost, channel: string, nowMs: number): FleetLine | undefined {
    const entry = this.#entries.get(host.member.peer)
    return entry && this.#line(entry, channel, nowMs)
  }

  #line(entry: Entry, channel: string, nowMs: number): FleetLine | undefined {
    const kept = entry.lines.get(channel)
    if (kept !== undefined && nowMs <= kept.untilMs) return kept
    const own = entry.host.channels.get(channel)
    if (own === undefined) return undefined
    const { book, waveOf } = this.#deps
    const wave = waveOf(channel, entry.host.member)
    const line = channelLine({ host: entry.host, own, head: book.head(channel), wave, nowMs })
    entry.lines.set(channel, line)
    return line
  }

  #worst(entry: Entry, nowMs: number): FleetLine {
    const kept = entry.lines.get('')
    if (kept !== undefined && nowMs <= kept.untilMs) return kept
    const lines = [...entry.host.channels.keys()].map((channel) => this.#line(entry, channel, nowMs))
    const line =
      worstOf(
        entry.host,
        lines.filter((one) => one !== undefined),
      ) ?? bareLine(entry.host, nowMs)
    entry.lines.set('', line)
    return line
  }

  get #entries(): ReadonlyMap<PeerKey, Entry> {
    if (this.#stale) this.#read()
    return this.#kept
  }

  #inOrder(): readonly Entry[] {
    const entries = this.#entries
    this.#ordered ??= [...entries.values()].toSorted(({ host: { member: a } }, { host: { member: b } }) =>
      a.site === b.site ? compare(a.host, b.host) : compare(a.site, b.site),
    )
    return this.#ordered
  }

  #take(record: ShoalRecord): void {
    if (record.kind === 'status') return this.#told(record)
    if (record.kind === 'head' || record.kind === 'control') {
      for (const entry of this.#kept.values()) entry.lines.clear()
    } else if (!WORDS.has(record.kind)) this.#stale = true
    this.#tell({ peer: undefined })
  }

  #told(status: RecordOf<'status'>): void {
    const peer = parsePeerKey(status.key)
    const entry = this.#kept.get(peer)
    // Of nobody whom it knows as a member: when it becomes one, everything is read again.
    if (entry === undefined) return
    this.#set(entry, status)
    this.#tell({ peer })
  }

  /** This node's own newest word goes on between the records that tell of it. */
  #refreshSelf(): void {
    const { self, own } = this.#deps
    const entry = this.#entries.get(self)
    if (entry === undefined || entry.host.status === undefined) return
    const moved = [...entry.host.channels.values()].some((told) => {
      const newer = own(told.channel)
      return newer !== undefined && newer !== told
    })
    if (moved) this.#set(entry, entry.host.status)
  }

  #set(entry: Entry, status: RecordOf<'status'>): void {
    const channels = this.#channelsOf(status)
    for (const name of entry.host.channels.keys()) if (!channels.has(name)) this.#targets = undefined
    for (const name of channels.keys()) this.#targets?.add(name)
    entry.host = { member: entry.host.member, status, channels }
    entry.lines.clear()
  }

  #channelsOf(status: RecordOf<'status'>): ReadonlyMap<string, ChannelStatus> {
    const isSelf = status.key === this.#deps.self
    return new Map(
      status.body.channels.map((told) => [told.channel, (isSelf ? this.#deps.own(told.channel) : undefined) ?? told]),
    )
  }

  /** Membership may have changed in any way. */
  #read(): void {
    this.#stale = false
    this.#ordered = undefined
    this.#targets = undefined
    this.#kept.clear()
    for (const member of this.#deps.book.members()) {
      const record = this.#deps.book.get(`status/${member.peer}`)
      const status = record?.kind === 'status' ? record : undefined
      const channels = status === undefined ? new Map<string, ChannelStatus>() : this.#channelsOf(status)
      this.#kept.set(member.peer, { host: { member, status, channels }, lines: new Map() })
    }
  }

  #tell(change: FleetChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
