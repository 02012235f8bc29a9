import { z } from 'zod'
import { parsePeerKey, type PeerKey } from '../../protocol/index.ts'
import { CONTROL_LIMITS, type HostEvent, type HostLine } from '../../protocol/control/index.ts'
import { HOST_CONDITIONS, type HostCondition, SILENT_SECONDS } from '../../protocol/status/index.ts'
import type { Store, StoreChange } from '../store/index.ts'

/** Events of all hosts together: a few for each of the largest mesh, a few megabytes. */
const KEPT_EVENTS = 20_000
/** Characters of one. */
const EVENT_TEXT = 500
const EVENT = 'host-event!'
const STATE = 'host-state!'

const kept = z.tuple([
  z.string(),
  z.number(),
  z.string().nullable(),
  z.enum([...HOST_CONDITIONS, 'joined', 'back']),
  z.number(),
  z.string(),
])
const state = z.enum(HOST_CONDITIONS)

interface Seen {
  readonly peer: PeerKey
  readonly event: HostEvent
}

const keyOf = (number: number): string => `${EVENT}${String(number).padStart(16, '0')}`
const stateKey = (peer: string, channel: string): string => `${STATE}${peer} ${channel}`
const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const fromBytes = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

/** What this node saw of hosts change, the last of it; kept over restarts. What another version wrote in another form is left out. */
export class HostEvents {
  readonly #store: Store
  readonly #states = new Map<string, HostCondition>()
  /** By number, oldest first. */
  readonly #events = new Map<number, Seen>()
  readonly #unsaved = new Map<string, unknown>()
  #next = 0
  /** Since when this node listens. */
  #sinceMs: number | undefined

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  /** @param isMember how hosts stood that are gone is forgotten */
  async load(isMember: (peer: PeerKey) => boolean): Promise<void> {
    const { meta } = this.#store
    for await (const [key, bytes] of meta.iterator({ gte: EVENT, lt: 'host-event"' })) {
      const number = Number(key.slice(EVENT.length))
      this.#next = Math.max(this.#next, number + 1)
      const parsed = kept.safeParse(fromBytes(bytes))
      if (!parsed.success) continue
      const [peer, atMs, channel, what, release, text] = parsed.data
      this.#events.set(number, { peer: parsePeerKey(peer), event: { atMs, channel, what, release, text } })
    }
    for await (const [key, bytes] of meta.iterator({ gte: STATE, lt: 'host-state"' })) {
      const parsed = state.safeParse(fromBytes(bytes))
      const [peer = ''] = key.slice(STATE.length).split(' ')
      if (parsed.success && isMember(parsePeerKey(peer))) this.#states.set(key, parsed.data)
      else this.#unsaved.set(key, undefined)
    }
  }

  /** Takes note of how a host stands on a channel now. */
  see(peer: PeerKey, line: HostLine, atMs: number): void {
    this.#sinceMs ??= atMs
    // While it has not listened for long enough itself, silence is this node's and not the host's.
    if (line.state === 'offline' && atMs - this.#sinceMs <= SILENT_SECONDS * 1000) return
    const key = stateKey(peer, line.channel ?? '')
    const before = this.#states.get(key)
    if (before === line.state) return
    this.#states.set(key, line.state)
    this.#unsaved.set(key, line.state)
    // The first sight of a host is no change.
    if (before !== undefined) this.#add({ peer, event: eventOf(line, before, atMs) })
  }

  #add(seen: Seen): void {
    const number = this.#next++
    const { atMs, channel, what, release, text } = seen.event
    this.#events.set(number, seen)
    this.#unsaved.set(keyOf(number), [seen.peer, atMs, channel, what, release, text])
    for (const old of this.#events.keys()) {
      if (this.#events.size <= KEPT_EVENTS) break
      this.#events.delete(old)
      this.#unsaved.set(keyOf(old), undefined)
    }
  }

  /** Newest first. */
  of(peer: PeerKey): readonly HostEvent[] {
    const own = [...this.#events.values()].filter((seen) => seen.peer === peer)
    return own
      .slice(-CONTROL_LIMITS.hostEvents)
      .toReversed()
      .map(({ event }) => event)
  }

  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return
    const changes = [...this.#unsaved].map(([key, value]): StoreChange => ({
      in: this.#store.meta,
      key,
      value: value === undefined ? undefined : toBytes(value),
    }))
    this.#unsaved.clear()
    await this.#store.write(changes)
  }
}

function eventOf({ state: now, channel, release, error }: HostLine, before: HostCondition, atMs: number): HostEvent {
  const returned = before === 'offline' || before === 'unknown'
  const text = returned ? `back, and ${now}` : `${before} → ${now}${error === null ? '' : `: ${error}`}`
  return { atMs, channel, what: returned ? 'back' : now, release, text: text.slice(0, EVENT_TEXT) }
}
