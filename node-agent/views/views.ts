import type { ChannelName, ChannelStatus, LinkReport, PeerKey, RecordOf } from '../../protocol/index.ts'
import type { PeerView } from '../../protocol/status/index.ts'
import type { MeshPart } from '../core.ts'
import type { Clock } from '../lifecycle/index.ts'
import type { Store } from '../store/index.ts'
import { AlertBook } from './alert-book.ts'
import { type AlertFacts, findAlerts } from './alert-rules.ts'
import { pointOf } from './curve.ts'
import { Curves } from './curves.ts'
import { Fleet } from './fleet.ts'
import { HostEvents } from './host-events.ts'
import { SettingsBook } from './settings-book.ts'
import { createSigners, type NameSigners } from './signers.ts'
import { reachedSites, type ToldLinks, toldLinks } from './told-links.ts'
import type { FleetHost } from './types.ts'

export interface ViewsDeps {
  /** @throws NO_MESH before the home has one */
  readonly mesh: () => Pick<MeshPart, 'book' | 'peer' | 'rollouts'>
  readonly store: Store
  readonly clock: Clock
  own(channel: ChannelName): ChannelStatus | undefined
  /** Connected members; null while no agent runs. */
  connected(): readonly PeerView[] | null
  /** What this node would tell of its links now; undefined while no agent runs. */
  links(): LinkReport | undefined
}

/** Between two looks at the whole mesh: often enough for a curve, seldom enough to cost an idle agent nothing. */
const LOOK_MS = 2_000
/** After a look it rests for so many times as long as that took: looking costs an agent about a hundredth of a core, however many hosts there are. */
const REST = 100
/** Without news, for what time alone changes. */
const IDLE_LOOK_MS = 60_000
/** What is kept is written this often. */
const SAVE_MS = 15_000

/** What an agent keeps for the consoles that look at it: how every host stands, curves, alerts, events and settings. */
export class Views {
  readonly curves: Curves
  readonly alerts: AlertBook
  readonly settings: SettingsBook
  readonly events: HostEvents
  readonly #deps: ViewsDeps
  readonly #heads = new Map<string, { readonly newest: RecordOf<'head'>; readonly all: readonly RecordOf<'head'>[] }>()
  readonly #alertListeners = new Set<() => void>()
  #fleet: Fleet | undefined
  #signers: NameSigners | undefined
  #loaded: Promise<void> | undefined
  #heardMs: number | null = null
  /** Hosts that have said something since the last look. */
  #unseen: Set<PeerKey> | 'all' = 'all'
  #sweptMs = 0
  /** Since when this node was seen to be connected to nobody. */
  #aloneSinceMs: number | undefined

  constructor(deps: ViewsDeps) {
    this.#deps = deps
    this.curves = new Curves(deps)
    this.alerts = new AlertBook(deps)
    this.events = new HostEvents(deps)
    this.settings = new SettingsBook(deps)
  }

  get clock(): Clock {
    return this.#deps.clock
  }

  get mesh(): Pick<MeshPart, 'book' | 'peer' | 'rollouts'> {
    return this.#deps.mesh()
  }

  /** @throws NO_MESH */
  fleet(): Fleet {
    if (this.#fleet !== undefined) return this.#fleet
    const { book, peer, rollouts } = this.#deps.mesh()
    const fleet = new Fleet({
      book,
      self: peer,
      own: (channel) => this.#deps.own(channel),
      waveOf: (channel, member) => rollouts.waveOf(channel, member) ?? null,
    })
    fleet.open()
    fleet.onChange(({ peer: told }) => {
      if (told === undefined) this.#signers = undefined
      if (told === undefined) this.#unseen = 'all'
      else if (this.#unseen !== 'all') this.#unseen.add(told)
      if (told !== undefined && told !== peer) this.#heardMs = this.#deps.clock.now()
    })
    this.#fleet = fleet
    return fleet
  }

  /** Names who signed a record, by what is known now. */
  signers(): NameSigners {
    return (this.#signers ??= createSigners(this.mesh.book))
  }

  /** Everything that was kept is read, and the mesh was looked at once. @throws NO_MESH */
  async ready(): Promise<Fleet> {
    const fleet = this.fleet()
    this.#loaded ??= this.#load()
    await this.#loaded
    return fleet
  }

  async #load(): Promise<void> {
    const { book } = this.mesh
    const isMember = (peer: PeerKey): boolean => book.member(peer) !== undefined
    await Promise.all([this.curves.load(), this.alerts.load(), this.events.load(isMember), this.settings.load()])
    await this.look()
  }

  /** When word of any other member last arrived since the agent started. */
  get heardMs(): number | null {
    return this.#heardMs
  }

  connected(): readonly PeerView[] {
    return this.#deps.connected() ?? []
  }

  /** What every member says of its links, this node by what it sees now; ordered by site, then name. */
  toldLinks(nowMs: number): readonly ToldLinks[] {
    const own = this.#deps.links()
    const { peer } = this.mesh
    return Array.from(this.fleet().hosts(), (host) => toldLinks(host, peer, own, nowMs))
  }

  toldLinksOf(host: FleetHost, nowMs: number): ToldLinks {
    return toldLinks(host, this.mesh.peer, this.#deps.links(), nowMs)
  }

  /** Alerts are not what they were. Returns the unsubscribe function. */
  onAlerts(listener: () => void): () => void {
    this.#alertListeners.add(listener)
    return () => void this.#alertListeners.delete(listener)
  }

  /** @throws NO_SUCH_ALERT */
  async acknowledge(id: string, acknowledged: boolean): Promise<void> {
    this.alerts.acknowledge(id, acknowledged, this.clock.now())
    await this.alerts.save()
    this.#tellAlerts()
  }

  #tellAlerts(): void {
    for (const listener of this.#alertListeners) listener()
  }

  /** Heads of a channel that this node has seen, oldest first. */
  async heads(channel: string): Promise<readonly RecordOf<'head'>[]> {
    const { book } = this.mesh
    const newest = book.head(channel)
    if (newest === undefined) return []
    const kept = this.#heads.get(channel)
    if (kept?.newest === newest) return kept.all
    const all = await book.heads(channel)
    this.#heads.set(channel, { newest, all })
    return all
  }

  /** Looks at the whole mesh: points of curves, events and alerts. */
  async look(): Promise<void> {
    const fleet = this.fleet()
    const nowMs = this.clock.now()
    this.#seeEvents(fleet, nowMs)
    for (const channel of fleet.channels()) {
      const head = fleet.head(channel)
      if (head === undefined) continue
      // What is open now is written down, even while nobody asks.
      if (head.body.rollout !== undefined) await this.mesh.rollouts.readable(channel)
      const lines = fleet.lines(channel, nowMs).map(({ line }) => line)
      this.curves.add(channel, head.version, pointOf(lines, head.version, nowMs))
    }
    const facts = await this.#alertFacts(fleet, nowMs)
    if (this.alerts.update(findAlerts(facts), this.settings.get().mutedAlerts, nowMs)) this.#tellAlerts()
  }

  /** Of hosts that have said something; of all from time to time, since silence says nothing. */
  #seeEvents(fleet: Fleet, nowMs: number): void {
    const unseen = nowMs - this.#sweptMs >= IDLE_LOOK_MS ? 'all' : this.#unseen
    if (unseen === 'all') this.#sweptMs = nowMs
    this.#unseen = new Set()
    for (const host of unseen === 'all' ? fleet.hosts() : fleet.some(unseen)) {
      for (const channel of host.channels.keys()) {
        const line = fleet.line(host, channel, nowMs)?.line
        if (line !== undefined) this.events.see(host.member.peer, line, nowMs)
      }
    }
  }

  async #alertFacts(fleet: Fleet, nowMs: number): Promise<AlertFacts> {
    const { book } = this.mesh
    const linesOf = (channel: string | null) => fleet.lines(channel, nowMs).map(({ line }) => line)
    return {
      nowMs,
      channels: fleet.channels().map((name) => ({
        name,
        expiresMs: fleet.head(name)?.body.expiresMs ?? null,
        lines: linesOf(name),
      })),
      members: linesOf(null),
      reached: reachedSites(this.toldLinks(nowMs)),
      rootExpiresMs: book.root?.body.expiresMs ?? Number.POSITIVE_INFINITY,
      aloneMs: this.#aloneMs(nowMs),
      quarantined: quarantinedHosts(book),
      conflicts: await conflictsOf(this.#deps.store),
    }
  }

  #aloneMs(nowMs: number): number | null {
    if (this.#deps.connected()?.length !== 0) this.#aloneSinceMs = undefined
    else this.#aloneSinceMs ??= nowMs
    return this.#aloneSinceMs === undefined ? null : nowMs - this.#aloneSinceMs
  }

  /** Looks, and keeps what it sees, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const fleet = await this.ready()
    const { clock } = this
    let savedMs = clock.monotonic()
    let woken = new AbortController()
    let told = false
    const unsubscribe = fleet.onChange(() => {
      if (told) return
      told = true
      woken.abort()
    })
    try {
      while (!signal.aborted) {
        woken = new AbortController()
        told = false
        const begunMs = clock.monotonic()
        await this.look()
        const tookMs = clock.monotonic() - begunMs
        if (clock.monotonic() - savedMs >= SAVE_MS) {
          await this.save()
          savedMs = clock.monotonic()
        }
        await clock.sleep(Math.min(IDLE_LOOK_MS, Math.max(LOOK_MS, REST * tookMs)), { signal })
        const news = AbortSignal.any([signal, woken.signal])
        await clock.sleep(IDLE_LOOK_MS, { signal: news }).catch((err: unknown) => {
          if (!news.aborted) throw err
        })
      }
    } finally {
      unsubscribe()
      await this.save()
    }
  }

  async save(): Promise<void> {
    await Promise.all([this.curves.save(), this.alerts.save(), this.events.save()])
  }
}

/** Names of the hosts whose grants several machines claim, and nobody has decided. */
function quarantinedHosts(book: MeshPart['book']): readonly string[] {
  const claims = Map.groupBy(book.all('binding'), ({ body }) => body.grant)
  return [...claims].flatMap(([key, bindings]) => {
    const grant = book.get(`grant/${key}`)
    if (bindings.length < 2 || grant?.kind !== 'grant' || grant.body.hostKey !== undefined) return []
    return book.get(`revocation/${key}`) === undefined ? [grant.body.host] : []
  })
}

/** Slots of which evidence of two records of one version is kept. */
async function conflictsOf(store: Store): Promise<readonly string[]> {
  const keys = await store.history.keys({ gte: 'equivocation!', lt: 'equivocation"' }).all()
  return [...new Set(keys.map((key) => key.split('!')[1] ?? ''))]
}
