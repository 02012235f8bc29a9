import { z } from 'zod'
import { isShoalError, ShoalError } from '../errors/index.ts'
import { type Digest, digestFromBytes, fromHex, type MeshId, parseMeshId, toHex } from '../ids/index.ts'
import { decodeRecord, keyPairFromSeed, type RecordOf, type ShoalRecord, verifySignatures } from '../records/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { judgeRecord, type TrustView } from './judge.ts'
import { enrollersOf } from './roles.ts'
import { decodeLine, encodeLine } from './text-line.ts'

const PREFIX = 'shoal1'

/** An invite: all that a host needs to join without reaching anybody. Secret: who holds it may take the grant. */
export interface Ticket {
  readonly mesh: MeshId
  /** Id of root version 1. */
  readonly rootFingerprint: Digest
  /** Every root from version 1 to the current one. */
  readonly roots: readonly RecordOf<'root'>[]
  readonly grant: RecordOf<'grant'>
  /** Private half (32-byte seed) of the grant's one-time join key. */
  readonly joinSeed: Uint8Array
  /** Multiaddrs of members to try first. */
  readonly bootstrap: readonly string[]
}

const bytes = z.instanceof(Uint8Array)
const schema = z.strictObject({
  mesh: bytes,
  fingerprint: bytes,
  roots: z.array(bytes).min(1).max(1024),
  grant: bytes,
  seed: bytes.refine((b) => b.length === 32),
  bootstrap: z.array(z.string().max(256)).max(LIMITS.addressesPerPeer),
})

/** The one line `shoal1…`. */
export const encodeTicket = (ticket: Ticket): Promise<string> =>
  encodeLine(PREFIX, {
    mesh: fromHex(ticket.mesh),
    fingerprint: fromHex(ticket.rootFingerprint),
    roots: ticket.roots.map((r) => r.bytes),
    grant: ticket.grant.bytes,
    seed: ticket.joinSeed,
    bootstrap: ticket.bootstrap,
  })

/**
 * Reads and checks a ticket line: form, checksum, the chain of roots from the fingerprint, the grant's signature, and that the seed is
 * the grant's join key. Expiry is the caller's to judge.
 * @throws TICKET_MALFORMED when the line is cut or mistyped, TICKET_FORGED when it does not prove what it says
 */
export async function decodeTicket(line: string): Promise<Ticket> {
  const parsed = await parseLine(line.trim())
  try {
    return await checkTicket(parsed)
  } catch (err) {
    if (!isShoalError(err)) throw err
    throw new ShoalError('TICKET_FORGED', `this ticket does not prove its grant: ${err.message}`, { cause: err })
  }
}

async function parseLine(line: string): Promise<z.infer<typeof schema>> {
  const malformed = (why: string, cause?: unknown): ShoalError =>
    new ShoalError('TICKET_MALFORMED', `this is no whole ticket: ${why}; copy the whole line again`, { cause })
  const value = await decodeLine(line, { prefix: PREFIX, maxChars: LIMITS.ticketBytes, malformed })
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw malformed('its content has another form', parsed.error)
  return parsed.data
}

async function checkTicket(parsed: z.infer<typeof schema>): Promise<Ticket> {
  const mesh = parseMeshId(toHex(parsed.mesh))
  const rootFingerprint = digestFromBytes(parsed.fingerprint)
  const roots: RecordOf<'root'>[] = []
  const view = (): TrustView => ({
    mesh,
    rootFingerprint,
    root: roots.at(-1),
    enrollers: enrollersOf(roots),
    grant: () => undefined,
    isHostKey: () => false,
    kept: () => undefined,
    proposers: () => new Set(),
  })
  for (const envelope of parsed.roots) roots.push(await trustedRecord(envelope, 'root', view()))
  const grant = await trustedRecord(parsed.grant, 'grant', view())
  const pair = await keyPairFromSeed(new Uint8Array(parsed.seed))
  if (pair.publicKey !== grant.body.joinKey)
    throw new ShoalError('TICKET_FORGED', 'its secret is not that of its grant')
  return { mesh, rootFingerprint, roots, grant, joinSeed: pair.seed, bootstrap: parsed.bootstrap }
}

async function trustedRecord<K extends 'root' | 'grant'>(
  envelope: Uint8Array,
  kind: K,
  view: TrustView,
): Promise<RecordOf<K>> {
  const record = await decodeRecord(envelope)
  if (!isKind(record, kind)) throw new ShoalError('RECORD_MALFORMED', `a ${record.kind} stands where a ${kind} belongs`)
  const verdict = judgeRecord(record, await verifySignatures(record), view, {
    nowMs: Number.MAX_SAFE_INTEGER,
    introducing: false,
  })
  if (verdict.verdict !== 'trusted') throw verdict.error
  return record
}

const isKind = <K extends 'root' | 'grant'>(record: ShoalRecord, kind: K): record is RecordOf<K> => record.kind === kind
