import { createHash } from 'node:crypto'
import * as cbor from '@ipld/dag-cbor'
import type { OfferResult, RecordBook } from '../../node-agent/announce/index.ts'
import {
  fromHex,
  type Member,
  parseDigest,
  parseHostName,
  parseMeshId,
  parsePublicKey,
  parseSiteName,
  type PeerKey,
  peerKeyOf,
  type PublicKey,
  type RecordBodies,
  type RecordKind,
  type RecordOf,
  ShoalError,
  type ShoalRecord,
  toHex,
} from '../../protocol/index.ts'

export const TEST_MESH = parseMeshId('5e'.repeat(16))

/** What a fake record carries instead of signatures. */
export interface FakeInit<K extends RecordKind> {
  readonly kind: K
  readonly key: string
  readonly version: number
  readonly body: RecordBodies[K]
  /** A signature that does not verify. */
  readonly forged?: boolean
}

/** A record whose envelope is plain CBOR: the fake book believes everything that is not marked as forged. */
export function fakeRecord<K extends RecordKind>(init: FakeInit<K>): RecordOf<K> {
  const { kind, key, version, body, forged = false } = init
  const bytes = cbor.encode({ kind, key, version, forged, body: JSON.stringify(body) })
  return decodeFake(bytes) as unknown as RecordOf<K>
}

function decodeFake(bytes: Uint8Array): ShoalRecord & { readonly forged: boolean } {
  const { kind, key, version, forged, body } =
    cbor.decode<Record<'kind' | 'key' | 'version' | 'forged' | 'body', string>>(bytes)
  const id = parseDigest(createHash('sha256').update(bytes).digest('hex'))
  return {
    mesh: TEST_MESH,
    kind,
    key,
    version,
    body: JSON.parse(body),
    payload: bytes,
    signatures: [],
    bytes,
    id,
    forged,
  } as unknown as ShoalRecord & { readonly forged: boolean }
}

const slotOf = (record: ShoalRecord): string => `${record.kind}/${record.key}`

/** A host of the fake mesh. */
export interface FakeHost {
  readonly seed: Uint8Array
  readonly peer: PeerKey
  readonly publicKey: PublicKey
  readonly grant: RecordOf<'grant'>
  readonly binding: RecordOf<'binding'>
}

export const fakeRoot = fakeRecord({
  kind: 'root',
  key: '1',
  version: 1,
  body: {
    name: 'test',
    root: { keys: [parsePublicKey('11'.repeat(32))], threshold: 1 },
    enroller: { keys: [parsePublicKey('11'.repeat(32))], threshold: 1 },
    publishers: [],
    expiresMs: 4e12,
  },
})

/** Grant and binding of a host, as an enroller and a join would have made them. */
export function fakeHost(name: string, site: string, seed: Uint8Array, publicKey: PublicKey): FakeHost {
  const grantKey = createHash('sha256').update(`grant ${name}`).digest('hex').slice(0, 32)
  const grant = fakeRecord({
    kind: 'grant',
    key: grantKey,
    version: 1,
    body: {
      host: parseHostName(name),
      site: parseSiteName(site),
      labels: {},
      issuedAtMs: 1,
      expiresMs: 4e12,
      joinKey: publicKey,
    },
  })
  const binding = fakeRecord({
    kind: 'binding',
    key: `${grantKey}.${publicKey}`,
    version: 1,
    body: { grant: grantKey, hostKey: publicKey, boundAtMs: 1 },
  })
  return { seed, peer: peerKeyOf(publicKey), publicKey, grant, binding }
}

/** Status of a host, with its addresses. */
export const fakeStatus = (host: FakeHost, version: number, addresses: readonly string[] = []): RecordOf<'status'> =>
  fakeRecord({
    kind: 'status',
    key: host.peer,
    version,
    body: {
      host: host.grant.body.host,
      site: host.grant.body.site,
      atMs: version,
      agentVersion: 'test',
      addresses,
      channels: [],
    },
  })

/** Head of a channel. */
export const fakeHead = (channel: string, version: number, forged = false): RecordOf<'head'> =>
  fakeRecord({
    kind: 'head',
    key: channel,
    version,
    forged,
    body: {
      manifest: parseDigest(toHex(new Uint8Array(32).fill(version))),
      manifestBytes: 1,
      entries: 1,
      treeBytes: 1,
      deltas: [],
      rollout: undefined,
      manifestIndex: parseDigest('00'.repeat(32)),
      publishedAtMs: 1,
      expiresMs: 4e12,
      message: '',
    },
  })

/** A record book without cryptography and disk, with the real one's outcomes. */
export class FakeBook implements RecordBook {
  readonly kept = new Map<string, ShoalRecord>()
  readonly #listeners = new Set<(record: ShoalRecord) => void>()
  readonly #self: FakeHost | undefined
  /** Every offer, for counting. */
  offers = 0
  /** Time that judging one record takes, as if by signatures. */
  delay: (() => Promise<void>) | undefined

  constructor(self?: FakeHost, records: readonly ShoalRecord[] = []) {
    this.#self = self
    for (const record of records) this.keep(record)
  }

  /** Keeps without judging. */
  keep(record: ShoalRecord): void {
    this.kept.set(slotOf(record), record)
    for (const listener of this.#listeners) listener(record)
  }

  /** Forgets a binding, as a revocation would. */
  revoke(host: FakeHost): void {
    this.kept.delete(slotOf(host.binding))
  }

  async offer(bytes: Uint8Array): Promise<OfferResult> {
    this.offers++
    await this.delay?.()
    let record: ShoalRecord & { readonly forged: boolean }
    try {
      record = decodeFake(bytes)
    } catch (err) {
      return { outcome: 'rejected', error: new ShoalError('RECORD_MALFORMED', 'not a record', { cause: err }) }
    }
    if (record.forged) return { outcome: 'rejected', error: new ShoalError('RECORD_SIGNATURE_INVALID', 'forged') }
    const known = this.kept.get(slotOf(record))
    if (known !== undefined && known.version >= record.version) return { outcome: 'known' }
    if (!this.#vouched(record)) {
      return { outcome: 'unjudged', error: new ShoalError('NOT_A_MEMBER', `nothing vouches for ${slotOf(record)}`) }
    }
    this.keep(record)
    return { outcome: 'new', record }
  }

  #vouched(record: ShoalRecord): boolean {
    if (record.kind === 'root') return true
    if (!this.kept.has('root/1')) return false
    if (record.kind === 'binding') return this.kept.has(`grant/${record.body.grant}`)
    if (record.kind === 'status') return this.member(record.key as PeerKey) !== undefined
    return true
  }

  *summaries() {
    for (const [slot, { version, id }] of this.kept) yield { slot, version, id }
  }

  get(slot: string): ShoalRecord | undefined {
    return this.kept.get(slot)
  }

  *all<K extends RecordKind>(kind: K): Iterable<RecordOf<K>> {
    for (const record of this.kept.values()) if (record.kind === kind) yield record as RecordOf<K>
  }

  member(peer: PeerKey): Member | undefined {
    for (const binding of this.all('binding')) {
      if (peerKeyOf(binding.body.hostKey) !== peer) continue
      const grant = this.kept.get(`grant/${binding.body.grant}`)
      if (grant?.kind !== 'grant') return undefined
      const { host, site, labels } = grant.body
      return { peer, host, site, labels, hostKey: binding.body.hostKey, grant: grant.key } as unknown as Member
    }
    return undefined
  }

  ownProof(): readonly Uint8Array[] {
    if (this.#self === undefined) return []
    return [fakeRoot, this.#self.grant, this.#self.binding].map((record) => record.bytes)
  }

  onNew(listener: (record: ShoalRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  isNewcomer(): boolean {
    return false
  }

  /** Nothing is ever dropped here. */
  onDropped(): () => void {
    return () => undefined
  }
}

/** Deterministic seed number n. */
export const testSeed = (n: number): Uint8Array => fromHex(createHash('sha256').update(`seed ${n}`).digest('hex'))
