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
export function membershipHandlers(deps: HandlerDeps): Pick<ControlHandlers, 'hostRevoke' | 'quarantineResolve'> {
  const { core } = deps
  return {
    hostRevoke: async ({ host: name, reason, dryRun }) => {
      const host = parseHostName(name)
      const seats = [...core.mesh.book.trust.membership.seats()].filter(({ grant }) => grant.body.host === host)
      const open = seats.filter(({ revocation }) => revocation === undefined)
      if (open.length === 0) {
        const what =
          seats.length === 0 ? `no host ${host} was ever invited, as far as is known here` : `${host} is revoked`
        throw new ShoalError('NO_SUCH_HOST', `${what}; nothing was changed`)
      }
      return act(deps, host, dryRun, (signers) =>
        Promise.all(open.map(({ grant }) => revocationOf(core, grant, reason, signers))),
      )
    },

    quarantineResolve: async ({ grant: key, keep, dryRun }) => {
      const seat = [...core.mesh.book.trust.membership.seats()].find(({ grant }) => grant.key === key)
      const binding = seat?.bindings.find(({ body }) => peerKeyOf(body.hostKey) === parsePeer(keep))
      if (seat === undefined || binding === undefined || seat.revocation !== undefined) {
        throw new ShoalError('NO_SUCH_HOST', `${keep} does not claim grant ${key}; nothing was changed`)
      }
      const body = { ...seat.grant.body, hostKey: binding.body.hostKey }
      return act(deps, seat.grant.body.host, dryRun, async (signers) => [
        await reissue(core, { ...seat.grant, body }, signers),
      ])
    },
  }
}

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
  host: HostName,
  dryRun: boolean,
  make: (signers: readonly KeyPair[]) => Promise<readonly ShoalRecord[]>,
): Promise<MembershipResult> {
  const { core } = deps
  const records = await make(dryRun ? [] : await activeKeys(core, 'enroller'))
  const effect = effectOf(core.mesh.book.trust, records, await accessInput(deps))
  if (dryRun) return { host, done: false, effect }
  for (const record of records) await core.keep(record)
  await announceAll(deps, records)
  return { host, done: true, effect }
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
