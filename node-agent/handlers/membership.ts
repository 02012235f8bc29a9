import {
  type HostName,
  type KeyPair,
  parseHostName,
  parsePeerKey,
  peerKeyOf,
  type PeerKey,
  type RecordOf,
  type Seat,
  ShoalError,
  type ShoalRecord,
  signRecord,
} from '../../protocol/index.ts'
import { effectOf } from '../../protocol/access/index.ts'
import type { ControlHandlers, MembershipResult } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import { accessInput, activeKeys, announceAll } from './signing.ts'
import type { HandlerDeps } from './types.ts'

/** Taking hosts out, and deciding who a host is when several claim it. */
export function membershipHandlers(
  deps: HandlerDeps,
): Pick<ControlHandlers, 'hostRevoke' | 'hostsRevoke' | 'quarantineResolve'> {
  const { core } = deps
  return {
    hostRevoke: async ({ host: name, reason, dryRun }) => {
      const host = parseHostName(name)
      const { grants } = revocable(core, [host])
      if (grants.length === 0) throw noneToRevoke(core, host)
      const acted = await act(deps, dryRun, revokeAll(core, grants, reason))
      return { host, ...acted }
    },

    hostsRevoke: async ({ hosts: names, reason, dryRun }) => {
      const { grants, hosts, missing } = revocable(core, names.map(parseHostName))
      const [first] = missing
      if (grants.length === 0 && first !== undefined) throw noneToRevoke(core, first)
      return { hosts, missing, ...(await act(deps, dryRun, revokeAll(core, grants, reason))) }
    },

    quarantineResolve: async ({ grant: key, keep, dryRun }) => {
      const seat = [...core.mesh.book.trust.membership.seats()].find(({ grant }) => grant.key === key)
      const binding = seat?.bindings.find(({ body }) => peerKeyOf(body.hostKey) === parsePeer(keep))
      if (seat === undefined || binding === undefined || seat.revocation !== undefined) {
        throw new ShoalError('NO_SUCH_HOST', `${keep} does not claim grant ${key}; nothing was changed`)
      }
      const { host } = seat.grant.body
      const body = { ...seat.grant.body, hostKey: binding.body.hostKey }
      const acted = await act(deps, dryRun, async (signers) => [await reissue(core, { ...seat.grant, body }, signers)])
      return { host, ...acted }
    },
  }
}

interface Revocable {
  readonly grants: readonly RecordOf<'grant'>[]
  /** Names that they are of, and the others. */
  readonly hosts: readonly HostName[]
  readonly missing: readonly HostName[]
}

/** Grants of hosts that are not revoked yet. */
function revocable(core: Core, names: readonly HostName[]): Revocable {
  const wanted = new Set(names)
  const seats = [...core.mesh.book.trust.membership.seats()]
  const grants = seats.flatMap(({ grant, revocation }) =>
    revocation === undefined && wanted.has(grant.body.host) ? [grant] : [],
  )
  const found = new Set(grants.map(({ body }) => body.host))
  return { grants, hosts: names.filter((name) => found.has(name)), missing: names.filter((name) => !found.has(name)) }
}

function noneToRevoke(core: Core, host: HostName): ShoalError {
  const known = [...core.mesh.book.trust.membership.seats()].some(({ grant }) => grant.body.host === host)
  const what = known ? `${host} is revoked` : `no host ${host} was ever invited, as far as is known here`
  return new ShoalError('NO_SUCH_HOST', `${what}; nothing was changed`)
}

const revokeAll = (core: Core, grants: readonly RecordOf<'grant'>[], reason: string) => (signers: readonly KeyPair[]) =>
  Promise.all(grants.map((grant) => revocationOf(core, grant, reason, signers)))

function parsePeer(text: string): PeerKey {
  try {
    return parsePeerKey(text)
  } catch (cause) {
    throw new ShoalError('NO_SUCH_HOST', `${JSON.stringify(text)} is no peer id; nothing was changed`, { cause })
  }
}

/** Makes records of the enrollers, or, for a dry run, the same ones unsigned, and tells what they do. */
async function act(
  deps: HandlerDeps,
  dryRun: boolean,
  make: (signers: readonly KeyPair[]) => Promise<readonly ShoalRecord[]>,
): Promise<Pick<MembershipResult, 'done' | 'effect'>> {
  const { core } = deps
  const records = await make(dryRun ? [] : await activeKeys(core, 'enroller'))
  const effect = effectOf(core.mesh.book.trust, records, await accessInput(deps))
  if (dryRun) return { done: false, effect }
  for (const record of records) await core.keep(record)
  await announceAll(deps, records)
  return { done: true, effect }
}

function revocationOf(
  core: Core,
  grant: RecordOf<'grant'>,
  reason: string,
  signers: readonly KeyPair[],
): Promise<RecordOf<'revocation'>> {
  const atMs = core.init.clock.now()
  const body = { host: grant.body.host, atMs, reason }
  return signRecord({ mesh: grant.mesh, kind: 'revocation', key: grant.key, version: atMs, body }, signers)
}

/** The same grant, signed anew. */
function reissue(core: Core, grant: RecordOf<'grant'>, signers: readonly KeyPair[]): Promise<RecordOf<'grant'>> {
  const { mesh, key, body } = grant
  const version = Math.max(core.init.clock.now(), grant.version + 1)
  return signRecord({ mesh, kind: 'grant', key, version, body }, signers)
}

/**
 * What another enroller signs again before one is revoked: the grants of members that only the revoked one let in, each for its host alone, and
 * the revocations that only it signed, so that nobody comes back (ACCESS-5).
 * @param signers none for a dry run
 */
export async function vouchAgain(
  core: Core,
  losing: ReadonlySet<string>,
  signers: readonly KeyPair[],
): Promise<readonly ShoalRecord[]> {
  const only = (record: ShoalRecord): boolean => record.signatures.every(({ key }) => losing.has(key))
  const { trust } = core.mesh.book
  const records: ShoalRecord[] = []
  for (const seat of trust.membership.seats()) {
    const { grant, revocation } = seat
    if (revocation !== undefined && only(revocation)) {
      const { mesh, key, body } = revocation
      const version = Math.max(core.init.clock.now(), revocation.version + 1)
      records.push(await signRecord({ mesh, kind: 'revocation', key, version, body }, signers))
    }
    const hostKey = soleClaim(seat)
    if (hostKey === undefined || !trust.isHostKey(hostKey) || !only(grant)) continue
    records.push(await reissue(core, { ...grant, body: { ...grant.body, hostKey } }, signers))
  }
  return records
}

const soleClaim = ({ bindings }: Seat) => (bindings.length === 1 ? bindings[0]?.body.hostKey : undefined)
