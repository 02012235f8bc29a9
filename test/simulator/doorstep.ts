import { createHash } from 'node:crypto'
import type { Core } from '../../node-agent/core.ts'
import { type KeyPair, parseHostName, parseSiteName, type ShoalRecord } from '../../protocol/index.ts'
import { fastKey, LazyRecord } from './lazy-record.ts'

const HOUR_MS = 3_600_000

/** Tickets that nobody has used yet: host and site. */
const PENDING = [
  ['oslo-spare-1', 'oslo'],
  ['oslo-spare-2', 'oslo'],
  ['ship-19-0001', 'ship-19'],
  ['lima-kiosk-new', 'lima'],
] as const
/** Tickets that two machines have used. */
const CLAIMED = [['fra1-rebuilt', 'fra1']] as const
/** Hosts that were taken out, and why. */
const GONE = [
  ['nyc3-lab-7', 'nyc3', 'lent to somebody else'],
  ['ship-3-0001', 'ship-7', 'the ship was sold'],
] as const

/** Those who are not members: invited and not come yet, quarantined, taken out. */
export function standOnDoorstep(core: Core, enroller: KeyPair, seed: number): void {
  const [signer, nowMs] = [fastKey(enroller.seed), core.init.clock.now()]
  const { mesh } = core.mesh.identity
  const keyOf = (what: string) => fastKey(createHash('sha256').update(`${seed} ${what}`).digest())
  const take = (record: ShoalRecord): void => core.mesh.book.trust.change(record).apply()
  const invite = (host: string, site: string, agoMs: number): string => {
    const grant = createHash('sha256').update(`${seed} grant of ${host}`).digest('hex').slice(0, 32)
    const [issuedAtMs, joinKey] = [nowMs - agoMs, keyOf(`join ${host}`).publicKey]
    const names = { host: parseHostName(host), site: parseSiteName(site), labels: { role: 'kiosk' } }
    const body = { ...names, issuedAtMs, expiresMs: issuedAtMs + 72 * HOUR_MS, joinKey }
    take(new LazyRecord({ mesh, kind: 'grant', key: grant, version: 1, body }, [signer]))
    return grant
  }
  const bind = (host: string, grant: string, machine: number, agoMs: number): void => {
    const key = keyOf(`machine ${machine} of ${host}`)
    const body = { grant, hostKey: key.publicKey, boundAtMs: nowMs - agoMs }
    const init = { mesh, kind: 'binding', key: `${grant}.${key.publicKey}`, version: 1, body } as const
    take(new LazyRecord(init, [keyOf(`join ${host}`), key]))
  }
  for (const [i, [host, site]] of PENDING.entries()) invite(host, site, (1 + i * 9) * HOUR_MS)
  for (const [host, site] of CLAIMED) {
    const grant = invite(host, site, 5 * HOUR_MS)
    bind(host, grant, 1, 4 * HOUR_MS)
    bind(host, grant, 2, HOUR_MS)
  }
  for (const [i, [host, site, reason]] of GONE.entries()) {
    const grant = invite(host, site, (300 + i * 100) * HOUR_MS)
    bind(host, grant, 1, (299 + i * 100) * HOUR_MS)
    const atMs = nowMs - (20 + i * 40) * HOUR_MS
    const body = { host: parseHostName(host), atMs, reason }
    take(new LazyRecord({ mesh, kind: 'revocation', key: grant, version: atMs, body }, [signer]))
  }
}
