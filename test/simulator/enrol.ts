import { createHash } from 'node:crypto'
import type { Core } from '../../node-agent/core.ts'
import {
  type HostName,
  type KeyPair,
  parseHostName,
  parseSiteName,
  type PeerKey,
  peerKeyOf,
  type ShoalRecord,
  type SiteName,
  toHex,
} from '../../protocol/index.ts'
import { seededRng } from '../support/test-mesh.ts'
import { type FastKey, fastKey, LazyRecord } from './lazy-record.ts'
import type { World, WorldHost } from './world.ts'

const DAY_MS = 86_400_000

/** A simulated member. */
export interface Enrolled {
  readonly host: WorldHost
  readonly key: FastKey
  readonly peer: PeerKey
  readonly names: { readonly host: HostName; readonly site: SiteName }
  readonly addresses: readonly string[]
}

/**
 * Enrols every machine of a world, over the year before now. What vouches for them is signed as it should be, and is taken without being judged again,
 * as a home takes what it has judged before it was started.
 */
export function enrolWorld(core: Core, enroller: KeyPair, world: World, seed: number): readonly Enrolled[] {
  const random = seededRng(seed ^ 0x6e701)
  const [signer, nowMs] = [fastKey(enroller.seed), core.init.clock.now()]
  return world.hosts.map((host) => {
    const agoMs = (1 + random() ** 2 * 360) * DAY_MS
    const key = fastKey(seedOf(seed, `host ${host.number}`))
    for (const record of vouchers(core, host, { signer, key, seed, issuedAtMs: Math.floor(nowMs - agoMs) })) {
      core.mesh.book.trust.change(record).apply()
    }
    const peer = peerKeyOf(key.publicKey)
    const names = { host: parseHostName(host.name), site: parseSiteName(host.site.name) }
    return { host, key, peer, names, addresses: [`${addressOf(host)}/p2p/${peer}`] }
  })
}

/** Where a machine listens. */
export const addressOf = ({ number }: WorldHost): string =>
  `/ip4/10.${number >> 14}.${(number >> 7) & 127}.${1 + (number & 127)}/tcp/4001`

interface Vouching {
  readonly signer: FastKey
  readonly key: FastKey
  readonly seed: number
  readonly issuedAtMs: number
}

function vouchers(core: Core, host: WorldHost, { signer, key, seed, issuedAtMs }: Vouching): readonly ShoalRecord[] {
  const { mesh } = core.mesh.identity
  const grant = toHex(seedOf(seed, `grant ${host.number}`)).slice(0, 32)
  // One ticket's key for all: nobody will use it any more.
  const joinKey = joinKeyOf(seed)
  const body = {
    host: parseHostName(host.name),
    site: parseSiteName(host.site.name),
    labels: host.labels,
    issuedAtMs,
    expiresMs: issuedAtMs + DAY_MS,
    joinKey: joinKey.publicKey,
  }
  const bound = { grant, hostKey: key.publicKey, boundAtMs: issuedAtMs + 600_000 }
  const bindingKey = `${grant}.${key.publicKey}`
  return [
    new LazyRecord({ mesh, kind: 'grant', key: grant, version: 1, body }, [signer]),
    new LazyRecord({ mesh, kind: 'binding', key: bindingKey, version: 1, body: bound }, [joinKey, key]),
  ]
}

let joinKey: { readonly seed: number; readonly key: FastKey } | undefined
function joinKeyOf(seed: number): FastKey {
  if (joinKey?.seed !== seed) joinKey = { seed, key: fastKey(seedOf(seed, 'join')) }
  return joinKey.key
}

export const seedOf = (seed: number, what: string): Uint8Array =>
  createHash('sha256').update(`${seed} ${what}`).digest()
