import { LIMITS, parseDigest, parseSiteName, type PeerKey } from '../../../protocol/index.ts'
import { peer } from '../fetch-plans.ts'
import { seededRng } from '../test-mesh.ts'
import { EventQueue } from './event-queue.ts'
import { Line, type Route } from './lines.ts'
import { type SimContent, SimHost } from './sim-host.ts'

/** Rates are bytes a second each way, delays milliseconds from a host of the site to the core. */
export interface SiteInit {
  readonly hosts: number
  readonly uplinkRate: number
  readonly delayMs: number
  /** Of each host's own line; Infinity when left out. */
  readonly hostRate?: number
}

export interface SimulationInit {
  readonly seed: number
  readonly chunks: number
  readonly chunkBytes: number
  /** The first one is the publisher's, whose first host has everything. */
  readonly sites: readonly SiteInit[]
  /** How often a host looks for stalls; real ones do four times a second. */
  readonly tickMs: number
}

interface Duplex {
  readonly up: Line
  readonly down: Line
}

interface SimSite {
  readonly hosts: SimHost[]
  readonly uplink: Duplex
  readonly delayMs: number
}

const duplex = (rate: number): Duplex => ({ up: new Line(rate), down: new Line(rate) })
const LAN_DELAY_MS = 0.2

/** A mesh in which one host publishes to all others, on simulated lines and in simulated time. Chance comes from the seed: the same every time. */
export class Simulation {
  readonly events = new EventQueue()
  readonly sites: readonly SimSite[]
  readonly #init: SimulationInit
  readonly #lines = new Map<SimHost, Duplex>()
  readonly #siteOf = new Map<SimHost, SimSite>()
  readonly #rng: () => number

  constructor(init: SimulationInit) {
    this.#init = init
    this.#rng = seededRng(init.seed)
    const content: SimContent = {
      id: parseDigest(init.seed.toString(16).padStart(64, '0')),
      chunks: Array.from({ length: init.chunks }, (_, i) => ({
        digest: parseDigest(i.toString(16).padStart(64, '0')),
        size: init.chunkBytes,
      })),
    }
    this.sites = init.sites.map((site, s) => ({
      uplink: duplex(site.uplinkRate),
      delayMs: site.delayMs,
      hosts: Array.from({ length: site.hosts }, (_, n) => this.#host(content, s, n)),
    }))
    for (const site of this.sites) for (const host of site.hosts) this.#siteOf.set(host, site)
    for (const [host, site] of this.#siteOf) this.#connectSome(host, site)
  }

  get publisher(): SimHost {
    const host = this.sites[0]?.hosts[0]
    if (host === undefined) throw new Error('the first site needs a host')
    return host
  }

  get hosts(): readonly SimHost[] {
    return this.sites.flatMap(({ hosts }) => hosts)
  }

  /** Runs until every living host has everything. @returns whether that came within the time */
  run(untilMs: number): boolean {
    for (const host of this.hosts) host.start()
    const waiting = new Set(this.hosts)
    return this.events.run(() => {
      for (const host of waiting) {
        if (!host.dead && host.doneAtMs === undefined) return false
        waiting.delete(host)
      }
      return true
    }, untilMs)
  }

  /** Copies of the content that crossed a line. */
  copies(line: Line): number {
    return line.bytes / (this.#init.chunks * this.#init.chunkBytes)
  }

  /** The publisher's own line. */
  egress(): number {
    const line = this.#lines.get(this.publisher)
    return line === undefined ? Number.NaN : this.copies(line.up)
  }

  #host(content: SimContent, s: number, n: number): SimHost {
    const host = new SimHost({
      events: this.events,
      peer: peer(`site${s}-host${n}`),
      site: parseSiteName(`site${s}`),
      content,
      seeds: s === 0 && n === 0,
      rng: seededRng(Math.floor(this.#rng() * 2 ** 32)),
      tickMs: this.#init.tickMs,
    })
    this.#lines.set(host, duplex(this.#init.sites[s]?.hostRate ?? Number.POSITIVE_INFINITY))
    return host
  }

  /** As many neighbours and members of other sites as a host seeks, and the publisher for every tenth site at least. */
  #connectSome(host: SimHost, site: SimSite): void {
    for (const other of this.#some(site.hosts, LIMITS.peersSoughtSameSite)) this.#connect(host, other)
    const far = LIMITS.peersSought - LIMITS.peersSoughtSameSite
    for (let n = 0; n < far; n++) {
      const elsewhere = this.sites[Math.floor(this.#rng() * this.sites.length)]
      const [other] = elsewhere === undefined || elsewhere === site ? [] : this.#some(elsewhere.hosts, 1)
      if (other !== undefined) this.#connect(host, other)
    }
    if (this.sites.length <= LIMITS.peersKept || this.#rng() < LIMITS.peersKept / this.hosts.length)
      this.#connect(host, this.publisher)
  }

  #some(hosts: readonly SimHost[], count: number): readonly SimHost[] {
    const from = Math.floor(this.#rng() * hosts.length)
    return [...hosts.slice(from), ...hosts.slice(0, from)].slice(0, count)
  }

  readonly #connected = new Set<string>()

  #connect(a: SimHost, b: SimHost): void {
    const pair = (from: PeerKey, to: PeerKey): string => `${from} ${to}`
    if (a === b || this.#connected.has(pair(a.peer, b.peer))) return
    this.#connected.add(pair(a.peer, b.peer)).add(pair(b.peer, a.peer))
    a.connect(b, this.#route(a, b))
    b.connect(a, this.#route(b, a))
  }

  #route(from: SimHost, to: SimHost): Route {
    const [own, other] = [this.#lines.get(from), this.#lines.get(to)]
    const [near, far] = [this.#siteOf.get(from), this.#siteOf.get(to)]
    if (own === undefined || other === undefined || near === undefined || far === undefined)
      throw new Error('a host that is on no site')
    if (from.site === to.site) return { lines: [own.up, other.down], delayMs: LAN_DELAY_MS }
    return { lines: [own.up, near.uplink.up, far.uplink.down, other.down], delayMs: near.delayMs + far.delayMs }
  }
}
