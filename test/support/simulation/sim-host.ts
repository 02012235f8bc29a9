import { ContentPlan, ownerPatienceMs, planRequests } from '../../../node-agent/plan/index.ts'
import { type ChunkRef, type Digest, LIMITS, type PeerKey, type SiteName } from '../../../protocol/index.ts'
import type { EventQueue } from './event-queue.ts'
import { type Route, send } from './lines.ts'
import { SimLink } from './sim-link.ts'
import { SimServer } from './sim-server.ts'

/** What is fetched in a simulation: names and sizes only, no bytes. */
export interface SimContent {
  readonly id: Digest
  readonly chunks: readonly ChunkRef[]
}

export interface SimHostInit {
  readonly events: EventQueue
  readonly peer: PeerKey
  readonly site: SiteName
  readonly content: SimContent
  /** Has everything from the beginning. */
  readonly seeds: boolean
  readonly rng: () => number
  readonly tickMs: number
}

/** Bytes of a have-announcement or a request with all headers. */
const MESSAGE_BYTES = 200

/** One simulated host: the planner of real hosts on simulated lines. */
export class SimHost {
  readonly #init: SimHostInit
  readonly #have: Uint8Array
  readonly #links = new Map<PeerKey, { readonly host: SimHost; readonly route: Route; readonly link: SimLink }>()
  readonly #server: SimServer
  readonly #news = new Map<PeerKey, number[]>()
  readonly content: ContentPlan
  doneAtMs: number | undefined
  dead = false
  /** Plain bytes received that were here already. */
  wastedBytes = 0
  #scheduled = false

  constructor(init: SimHostInit) {
    this.#init = init
    const { content, seeds, peer, site, rng } = init
    this.#have = new Uint8Array((content.chunks.length + 7) >> 3)
    const all = content.chunks.map((_, i) => i)
    if (seeds) for (const chunk of all) this.#keep(chunk)
    this.content = new ContentPlan({
      self: peer,
      site,
      content: content.id,
      chunks: content.chunks,
      missing: seeds ? [] : all,
      partners: () => this.#partners(),
      rng,
    })
    if (seeds) this.doneAtMs = 0
    this.#server = new SimServer(init.events, (chunk) => content.chunks[chunk]?.size ?? 0)
  }

  get peer(): PeerKey {
    return this.#init.peer
  }

  get site(): SiteName {
    return this.#init.site
  }

  /** A connection, one way; the other host is told of this one likewise. */
  connect(host: SimHost, route: Route): void {
    const end = { peer: host.peer, site: host.site, sameSite: host.site === this.site, relayed: false }
    this.#links.set(host.peer, { host, route, link: new SimLink(end, 2 * route.delayMs) })
    if (this.doneAtMs !== undefined && this.content.plan.left === 0) return
    this.content.plan.addPeer(host.peer, end.sameSite)
    // It follows the other's news: what the other has comes after a round trip.
    this.#init.events.after(2 * route.delayMs, () => {
      this.content.plan.setHave(host.peer, host.#have)
      this.content.heard(end, this.#init.events.nowMs)
      this.#schedule()
    })
  }

  start(): void {
    if (this.doneAtMs === undefined) this.#init.events.after(this.#init.rng() * this.#init.tickMs, () => this.#tick())
  }

  /** Pulls the plug. */
  die(): void {
    this.dead = true
    this.#server.stop()
    for (const { host } of this.#links.values()) host.#lost(this.peer)
  }

  #lost(peer: PeerKey): void {
    this.#links.delete(peer)
    this.#server.forget(peer)
    this.content.lost(peer)
    this.#schedule()
  }

  #partners(): ReadonlySet<PeerKey> {
    const near = [...this.#links.values()].filter(({ link, host }) => link.peer.sameSite && host.doneAtMs === undefined)
    return new Set(near.map(({ host }) => host.peer))
  }

  #tick(): void {
    if (this.dead || this.doneAtMs !== undefined) return
    const { nowMs } = this.#init.events
    const links = [...this.#links.values()].map(({ link }) => link)
    this.content.plan.retry(nowMs)
    this.content.shareOut(nowMs, ownerPatienceMs(links))
    for (const { link, host } of this.#links.values()) {
      const stalled = link.check(nowMs, host.#server.sends(this.peer))
      if (stalled !== undefined) this.content.plan.suspect(link.peer.peer, stalled)
    }
    this.#fill()
    this.#init.events.after(this.#init.tickMs, () => this.#tick())
  }

  #schedule(): void {
    if (this.#scheduled || this.dead || this.doneAtMs !== undefined) return
    this.#scheduled = true
    this.#init.events.after(0, () => {
      this.#scheduled = false
      this.#fill()
    })
  }

  #fill(): void {
    const links = [...this.#links.values()].map(({ link }) => link)
    const pendingBytes = (): number => links.reduce((sum, { inFlight }) => sum + inFlight, 0)
    const jobs = [this.content]
    const { nowMs } = this.#init.events
    for (const { link, chunks } of planRequests({
      links,
      jobs,
      pendingBytes,
      allowed: () => Number.POSITIVE_INFINITY,
    })) {
      for (const chunk of chunks) link.asked(chunk, this.content.plan.sizeOf(chunk), nowMs)
      this.#tell(link.peer.peer, (host) => host.#asked(this, chunks))
    }
  }

  /** A small message: it waits for nothing, and counts on every line that it crosses. */
  #tell(peer: PeerKey, act: (host: SimHost) => void): void {
    const link = this.#links.get(peer)
    if (link === undefined) return
    for (const line of link.route.lines) line.bytes += MESSAGE_BYTES
    this.#init.events.after(link.route.delayMs, () => {
      if (!link.host.dead && !this.dead) act(link.host)
    })
  }

  #asked(from: SimHost, chunks: readonly number[]): void {
    const route = this.#links.get(from.peer)?.route
    if (route === undefined) return
    this.#server.ask(from.peer, chunks, (bytes, chunk, left) =>
      send(this.#init.events, route, bytes, () => {
        if (!this.dead && !from.dead) from.#received(this.peer, chunk)
        left()
      }),
    )
  }

  #received(from: PeerKey, chunk: number): void {
    const { events, content } = this.#init
    const link = this.#links.get(from)?.link
    if (link === undefined) return
    if (link.revive()) this.content.plan.suspect(from, false)
    link.answered(chunk, events.nowMs)
    const others = this.content.plan.received(chunk)
    if (others === undefined) this.wastedBytes += content.chunks[chunk]?.size ?? 0
    else {
      for (const { peer } of others) if (peer !== from) this.#takeBack(peer, chunk)
      this.#keep(chunk)
      for (const peer of this.#links.keys()) this.#announce(peer, chunk)
      if (this.content.plan.left === 0) this.doneAtMs = events.nowMs
    }
    this.#schedule()
  }

  #takeBack(peer: PeerKey, chunk: number): void {
    this.#links.get(peer)?.link.takeBack(chunk)
    this.#tell(peer, (host) => host.#server.cancel(this.peer, chunk))
  }

  #keep(chunk: number): void {
    const at = chunk >> 3
    this.#have[at] = (this.#have[at] ?? 0) | (1 << (chunk & 7))
  }

  /** Gathers news as the exchange does: at once in time for neighbours, in batches for members of other sites. */
  #announce(peer: PeerKey, chunk: number): void {
    const news = this.#news.get(peer)
    if (news !== undefined) return void news.push(chunk)
    this.#news.set(peer, [chunk])
    const end = this.#links.get(peer)?.link.peer
    const untilMs = this.#init.events.nowMs + (end?.sameSite === true ? LIMITS.haveBatchMs : LIMITS.haveBatchFarMs)
    const flush = (): void => {
      const chunks = this.#news.get(peer) ?? []
      if (this.#init.events.nowMs < untilMs && chunks.length < LIMITS.haveBatchChunks)
        return this.#init.events.after(LIMITS.haveBatchMs, flush)
      this.#news.delete(peer)
      this.#tell(peer, (host) => host.#heard(this.peer, chunks))
    }
    this.#init.events.after(LIMITS.haveBatchMs, flush)
  }

  #heard(from: PeerKey, chunks: readonly number[]): void {
    const link = this.#links.get(from)?.link
    if (link === undefined || this.doneAtMs !== undefined) return
    this.content.plan.addHave(from, chunks)
    this.content.heard(link.peer, this.#init.events.nowMs)
    this.#schedule()
  }
}
