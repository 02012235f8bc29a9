import { type LinkedPeer, reportLinks } from '../../node-agent/handlers/link-report.ts'
import { type LinkReport, parseSiteName, type SiteName } from '../../protocol/index.ts'
import type { Machine, Place } from './state.ts'
import type { WorldSite } from './world.ts'

/** The largest sites know each other, and everybody knows some of them. */
const HUBS = 4
/** Of its own site, and of each other one that it knows. */
const NEIGHBOURS = 6
/** What comes in a second is received by so few hosts that each has at least so much. */
const LEAST_RATE = 200_000

/** A host looks at its links this often. */
const SAME_MS = 15_000

const OWN_SITE = parseSiteName('own')

/** Which sites have connections with each other. */
export class Topology {
  readonly #places: readonly Place[]
  readonly #known = new Map<string, readonly Place[]>()
  readonly #reports = new Map<Machine, { readonly report: LinkReport; readonly atMs: number }>()
  readonly #names = new Map<string, SiteName>()

  constructor(places: readonly Place[]) {
    this.#places = places
    const hubs = places.toSorted((a, b) => b.machines.length - a.machines.length).slice(0, HUBS)
    for (const [i, place] of places.entries()) {
      this.#names.set(place.site.name, parseSiteName(place.site.name))
      if (hubs.includes(place)) continue
      const [first, second] = [hubs[i % hubs.length], hubs[(i * 3 + 1) % hubs.length]]
      const sibling = i % 4 === 0 ? places[(i + 5) % places.length] : undefined
      const some = [first, second, sibling].filter((one) => one !== undefined && one !== place)
      this.#known.set(place.site.name, [...new Set(some.filter((one) => one !== undefined))])
    }
    for (const hub of hubs) {
      const small = places.filter((place) => this.#known.get(place.site.name)?.includes(hub))
      this.#known.set(hub.site.name, [...hubs.filter((other) => other !== hub), ...small])
    }
  }

  /** Places that the console is connected to. */
  ofConsole(): readonly Place[] {
    return this.#places.filter((_, i) => i < 2 * HUBS || i % 5 === 0)
  }

  /** What a host tells of its links: as it was when it last looked, for a while. */
  report(machine: Machine, nowMs: number): LinkReport {
    const known = this.#reports.get(machine)
    if (known !== undefined && nowMs - known.atMs < SAME_MS) return known.report
    const report = this.#look(machine)
    this.#reports.set(machine, { report, atMs: nowMs })
    return report
  }

  #look(machine: Machine): LinkReport {
    const { place, enrolled } = machine
    const known = this.#known.get(place.site.name) ?? []
    // Each host knows a few of the sites that its site knows.
    const some = known.filter((_, i) => known.length <= 3 || (enrolled.host.number + i) % known.length < 3)
    const [upstream] = some.filter((other) => !other.cut)
    const peers = some.flatMap((other) => (other.cut ? [] : [this.#peer(machine, other, other === upstream)]))
    return reportLinks([...neighboursOf(place), ...peers])
  }

  #peer({ place, enrolled }: Machine, other: Place, upstream: boolean): LinkedPeer {
    const share = Math.max(1, Math.min(place.machines.length, Math.floor(place.inRate / LEAST_RATE)))
    const receives = upstream && enrolled.host.number % place.machines.length < share
    return {
      site: this.#names.get(other.site.name) ?? OWN_SITE,
      sameSite: false,
      relayed: place.site.relayed || other.site.relayed,
      roundTripMs: roundTrip(place.site, other.site),
      receiveRate: receives ? place.inRate / share : 0,
      measured: { rate: Math.min(place.site.lineBytes, other.site.lineBytes), ageMs: 20 * 60_000 },
    }
  }
}

/** Both ends' way to the middle. */
const roundTrip = (a: WorldSite, b: WorldSite): number => Math.max(1, Math.abs(a.roundTripMs - b.roundTripMs) + 6)

function neighboursOf({ machines }: Place): readonly LinkedPeer[] {
  const one = { site: OWN_SITE, sameSite: true, relayed: false, roundTripMs: 1, receiveRate: 0, measured: undefined }
  return Array.from({ length: Math.min(NEIGHBOURS, machines.length - 1) }, () => one)
}
