import { hostname } from 'node:os'
import {
  createKeyPair,
  decodeTicket,
  encodeTicket,
  type HostName,
  type KeyPair,
  type MeshId,
  parseHostName,
  parseMeshId,
  parseSiteName,
  type PublicKey,
  type RecordOf,
  type Role,
  ShoalError,
  signRecord,
  type SiteName,
  toHex,
} from '../../protocol/index.ts'
import { type MeshIdentity, readKey, writeKey } from './identity.ts'

const DAY_MS = 86_400_000
/** A root outlives what an admin plans ahead; `doctor` and the status warn before it ends. */
const ROOT_LIFETIME_MS = 10 * 365 * DAY_MS

/** Site of the machine that made the mesh, until it is told otherwise. */
const FIRST_SITE = 'admin'

/** A home that entered a mesh: what must be written to its record store before `writeIdentity`. */
export interface Entered {
  readonly identity: MeshIdentity
  /** Envelopes in the order in which they vouch for one another. */
  readonly records: readonly Uint8Array[]
  readonly host: HostName
  readonly site: SiteName
  readonly hostKey: PublicKey
}

const randomHex = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)))

const soleRole = (pair: KeyPair): Role => ({ keys: [pair.publicKey], threshold: 1 })

/**
 * Makes a mesh: root, publisher, enroller and host keys in the home, root version 1, and this machine's own grant and binding.
 * The caller stores the records and then calls `writeIdentity`.
 */
export async function createMesh(home: string, name: string, nowMs: number): Promise<Entered> {
  if (name.trim() === '' || name.length > 64) {
    throw new ShoalError('NAME_INVALID', 'the mesh needs a name of 1 to 64 characters')
  }
  const [rootKey, publisher, enroller] = [await createKeyPair(), await createKeyPair(), await createKeyPair()]
  await writeKey(home, 'root', rootKey)
  await writeKey(home, 'publisher', publisher)
  await writeKey(home, 'enroller', enroller)
  const mesh = parseMeshId(randomHex(16))
  const body = {
    name,
    root: soleRole(rootKey),
    enroller: soleRole(enroller),
    publishers: [{ ...soleRole(publisher), channels: '*' }],
    expiresMs: nowMs + ROOT_LIFETIME_MS,
  }
  const root = await signRecord({ mesh, kind: 'root', key: '1', version: 1, body }, [rootKey])
  const joinKey = await createKeyPair()
  const own = { host: ownHostName(), site: parseSiteName(FIRST_SITE), labels: {}, lifetimeMs: DAY_MS }
  const grant = await signGrant(mesh, own, joinKey.publicKey, enroller, nowMs)
  const { hostKey, binding } = await bind(home, grant, joinKey, nowMs)
  return {
    identity: { mesh, name, rootFingerprint: root.id, bootstrap: [] },
    records: [root.bytes, grant.bytes, binding.bytes],
    host: own.host,
    site: own.site,
    hostKey,
  }
}

/** This machine's host name in the alphabet of host names. */
function ownHostName(): HostName {
  const cleaned = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
  return parseHostName(cleaned === '' ? 'admin' : cleaned.slice(0, 253))
}

/** Whom an enroller lets in, and for how long the ticket may be used. */
export interface GrantInit {
  readonly host: HostName
  readonly site: SiteName
  readonly labels: Readonly<Record<string, string>>
  readonly lifetimeMs: number
}

const signGrant = (mesh: MeshId, init: GrantInit, joinKey: PublicKey, enroller: KeyPair, nowMs: number) =>
  signRecord(
    {
      mesh,
      kind: 'grant',
      key: randomHex(16),
      version: 1,
      body: {
        host: init.host,
        site: init.site,
        labels: init.labels,
        issuedAtMs: nowMs,
        expiresMs: nowMs + init.lifetimeMs,
        joinKey,
      },
    },
    [enroller],
  )

/** A grant and the ticket line that carries it. */
export async function inviteHost(
  enroller: KeyPair,
  identity: MeshIdentity,
  roots: readonly RecordOf<'root'>[],
  init: GrantInit,
  bootstrap: readonly string[],
  nowMs: number,
): Promise<{ readonly grant: RecordOf<'grant'>; readonly ticket: string }> {
  const joinKey = await createKeyPair()
  const grant = await signGrant(identity.mesh, init, joinKey.publicKey, enroller, nowMs)
  const { mesh, rootFingerprint } = identity
  const ticket = await encodeTicket({ mesh, rootFingerprint, roots, grant, joinSeed: joinKey.seed, bootstrap })
  return { grant, ticket }
}

/**
 * Takes a ticket: makes this host's key (or keeps the one that a cut-off attempt made) and binds it to the grant. Needs no peer.
 * The caller stores the records and then calls `writeIdentity`.
 * @throws TICKET_MALFORMED, TICKET_FORGED, GRANT_EXPIRED
 */
export async function joinMesh(home: string, line: string, nowMs: number): Promise<Entered> {
  const ticket = await decodeTicket(line)
  const { grant, mesh, rootFingerprint, roots, bootstrap } = ticket
  if (nowMs > grant.body.expiresMs) {
    const when = new Date(grant.body.expiresMs).toISOString()
    throw new ShoalError(
      'GRANT_EXPIRED',
      `the ticket for ${grant.body.host} expired at ${when}; ask for a new one. Nothing was changed`,
    )
  }
  const joinKey = { publicKey: grant.body.joinKey, seed: ticket.joinSeed }
  const { hostKey, binding } = await bind(home, grant, joinKey, nowMs)
  return {
    identity: { mesh, name: roots.at(-1)?.body.name ?? '', rootFingerprint, bootstrap },
    records: [...roots.map((r) => r.bytes), grant.bytes, binding.bytes],
    host: grant.body.host,
    site: grant.body.site,
    hostKey,
  }
}

async function bind(home: string, grant: RecordOf<'grant'>, joinKey: KeyPair, nowMs: number) {
  const host = (await readKey(home, 'host')) ?? (await createKeyPair())
  await writeKey(home, 'host', host)
  const binding = await signRecord(
    {
      mesh: grant.mesh,
      kind: 'binding',
      key: `${grant.key}.${host.publicKey}`,
      version: 1,
      body: { grant: grant.key, hostKey: host.publicKey, boundAtMs: nowMs },
    },
    [joinKey, host],
  )
  return { hostKey: host.publicKey, binding }
}
