import type { ChannelName } from '../../protocol/index.ts'
import { parseChannelName } from '../../protocol/index.ts'
import { seededRng } from '../support/test-mesh.ts'

export interface WorldInit {
  readonly hosts: number
  readonly sites: number
  readonly seed: number
}

/** A place with a LAN and a line to the others. */
export interface WorldSite {
  readonly name: string
  /** What its line carries, bytes a second, and its round trip to the console. */
  readonly lineBytes: number
  readonly roundTripMs: number
  /** Reached only through other members. */
  readonly relayed: boolean
  /** Its line is paid for by volume. */
  readonly metered: boolean
}

/** What is wrong with a machine, so that a release meets it. */
export type Trouble = 'no-space' | 'unhealthy' | 'hook' | 'edited' | 'budget' | 'quiet' | 'locked'

/** A machine as it was set up. */
export interface WorldHost {
  readonly number: number
  readonly name: string
  readonly site: WorldSite
  readonly labels: Readonly<Record<string, string>>
  readonly channels: readonly ChannelName[]
  /** On its first channel. */
  readonly trouble: Trouble | undefined
  /** Silent since so long, milliseconds; undefined for one that is there. */
  readonly silentMs: number | undefined
  /** Enrolled, and never heard. */
  readonly mute: boolean
}

export interface World {
  readonly sites: readonly WorldSite[]
  readonly hosts: readonly WorldHost[]
}

export const CHANNELS = {
  web: parseChannelName('web'),
  baseConfig: parseChannelName('base-config'),
  edgeFirmware: parseChannelName('edge-firmware'),
  kiosk: parseChannelName('kiosk'),
} as const

const MB = 1e6
const HOUR = 3_600_000

/** Name, share of hosts, line in MB/s, round trip in ms. Further sites are small ones at the end of thin lines. */
const KNOWN: readonly (readonly [string, number, number, number])[] = [
  ['ams2', 16, 12, 11],
  ['fra1', 21, 16, 8],
  ['nyc3', 15, 9, 84],
  ['sgp1', 10, 4, 171],
  ['syd1', 7, 2.5, 262],
  ['oslo', 6, 3, 24],
  ['cape-town', 3, 0.6, 188],
  ['lima', 2, 0.45, 214],
  ['ship-7', 0.4, 0.06, 640],
  ['ship-12', 0.4, 0.05, 690],
  ['mine-3', 0.8, 0.09, 580],
  ['depot-north', 1, 0.25, 61],
]
const FURTHER = ['store', 'clinic', 'mast', 'plant', 'school'] as const

/** Machines of `fra1` by their number there, so that every mesh has some of each. */
const KNOWN_TROUBLES: ReadonlyMap<number, Trouble> = new Map([
  [2, 'unhealthy'],
  [4, 'no-space'],
  [6, 'hook'],
])

/** Sites and machines of a mesh; the same for the same seed. */
export function makeWorld({ hosts: count, sites: siteCount, seed }: WorldInit): World {
  const random = seededRng(seed)
  const shares: number[] = []
  const sites = Array.from({ length: siteCount }, (_, i): WorldSite => {
    const known = KNOWN[i]
    shares.push(known?.[1] ?? 0.25 + random() * 0.5)
    const lineBytes = (known?.[2] ?? 0.12 + random() ** 2 * 1.5) * MB
    const name = known?.[0] ?? `${FURTHER[i % FURTHER.length]}-${String(i + 1).padStart(2, '0')}`
    const roundTripMs = known?.[3] ?? Math.round(20 + random() * 180)
    const thin = lineBytes < 0.1 * MB
    return { name, lineBytes, roundTripMs, relayed: thin || (known === undefined && random() < 0.3), metered: thin }
  })
  const numbers = divide(count, shares)
  const hosts: WorldHost[] = []
  for (const [i, site] of sites.entries()) {
    for (let n = 1; n <= (numbers[i] ?? 0); n++) hosts.push(makeHost(hosts.length, n, site, random))
  }
  return { sites, hosts }
}

/** Whole numbers with the given sum in about these shares, each at least one. Pure. */
function divide(sum: number, shares: readonly number[]): readonly number[] {
  const whole = shares.reduce((a, b) => a + b, 0)
  const rest = sum - shares.length
  let [given, upTo] = [0, 0]
  return shares.map((share) => {
    upTo += (share / whole) * rest
    const here = Math.round(upTo) - given
    given += here
    return 1 + here
  })
}

function makeHost(number: number, n: number, site: WorldSite, random: () => number): WorldHost {
  const edge = site.lineBytes < 1.2 * MB
  const role = edge ? (random() < 0.6 ? 'kiosk' : 'gateway') : random() < 0.8 ? 'web' : 'db'
  const labels = {
    role,
    arch: random() < (edge ? 0.3 : 0.85) ? 'x64' : 'arm64',
    ring: random() < 0.006 ? 'canary' : random() < 0.08 ? 'early' : 'broad',
  }
  const known = site.name === 'fra1' ? KNOWN_TROUBLES.get(n) : undefined
  const first = random() < 0.78 || known !== undefined ? CHANNELS.web : undefined
  const more = role === 'kiosk' ? CHANNELS.kiosk : role === 'gateway' ? CHANNELS.edgeFirmware : undefined
  const channels = [...new Set([first, more, CHANNELS.baseConfig].filter((name) => name !== undefined))]
  const silence = random()
  return {
    number,
    name: `${site.name}-${String(n).padStart(4, '0')}`,
    site,
    labels,
    channels,
    trouble: known ?? troubleOf(site, random()),
    silentMs: silence < 0.006 && known === undefined ? (1 + random() ** 3 * 700) * HOUR : undefined,
    mute: silence > 0.9985 && known === undefined,
  }
}

function troubleOf({ name, metered }: WorldSite, dice: number): Trouble | undefined {
  if (metered && dice < 0.4) return 'budget'
  if (name === 'depot-north' && dice < 0.5) return 'quiet'
  if (dice < 0.0015) return 'no-space'
  if (dice < 0.003) return 'unhealthy'
  if (dice < 0.0035) return 'hook'
  if (dice < 0.0042) return 'edited'
  return dice < 0.005 ? 'locked' : undefined
}
