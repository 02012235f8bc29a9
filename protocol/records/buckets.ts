import { BUCKET_DIGEST_BYTES, BUCKETS, SLOT_HASH_BYTES, SUMMARY_BYTES } from '../wire/reconcile.ts'
import { type Digest, fromHex, toHex } from '../ids/index.ts'
import { RECORD_KINDS } from './types.ts'

/** What two nodes compare of one record. `slot` is `kind/key`. */
export interface Summary {
  readonly slot: string
  readonly version: number
  readonly id: Digest
}

const DIGEST_BYTES = 32
const MAX_VERSION = 2 ** 48 - 1

/**
 * A 64-bit hash of a slot, as 16 hex digits. Not cryptographic: the salt is fresh in every session, so nobody can prepare two slots that
 * collide in it (RECONCILE-7).
 */
export function slotHash(slot: string, salt: Uint8Array): string {
  const view = new DataView(salt.buffer, salt.byteOffset, salt.byteLength)
  let a = view.getUint32(0) ^ 0x9e3779b9
  let b = view.getUint32(4) ^ 0x85ebca6b
  for (let i = 0; i < slot.length; i++) {
    const code = slot.charCodeAt(i)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x5f356495)
    a ^= b >>> 15
    b ^= a >>> 13
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0')
}

/** Bucket of a slot: stable over versions of the program, so that two nodes agree. FNV-1a over the low bytes, folded to 8 bits. */
export function bucketOf(slot: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < slot.length; i++) h = Math.imul(h ^ (slot.charCodeAt(i) & 0xff), 0x01000193)
  return (h ^ (h >>> 8) ^ (h >>> 16) ^ (h >>> 24)) & 0xff
}

/**
 * The records that one node keeps, as digests to compare with another's: the XOR of the record ids of each of 256 buckets, maintained with
 * every change. Equal sets give equal digests; unequal sets give unequal ones except where members collude to make colliding sets, which
 * hides records only between nodes that hear of them from nobody else (RECONCILE-6).
 */
export class RecordBuckets {
  readonly #buckets = Array.from({ length: BUCKETS }, () => new Map<string, Summary>())
  readonly #digests = new Uint8Array(BUCKETS * DIGEST_BYTES)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a record, or replaces the one of its slot. */
  set(summary: Summary): void {
    const at = bucketOf(summary.slot)
    const before = this.#buckets[at]?.get(summary.slot)
    if (before?.id === summary.id) return
    if (before === undefined) this.#size++
    else this.#toggle(at, before.id)
    this.#buckets[at]?.set(summary.slot, summary)
    this.#toggle(at, summary.id)
  }

  delete(slot: string): void {
    const at = bucketOf(slot)
    const before = this.#buckets[at]?.get(slot)
    if (before === undefined) return
    this.#size--
    this.#toggle(at, before.id)
    this.#buckets[at]?.delete(slot)
  }

  /** What is kept in one bucket. */
  *in(bucket: number): Iterable<Summary> {
    yield* this.#buckets[bucket]?.values() ?? []
  }

  /** Digest over everything: 32 bytes. */
  total(): Uint8Array<ArrayBuffer> {
    const sum = new Uint8Array(DIGEST_BYTES)
    this.#digests.forEach((byte, i) => (sum[i % DIGEST_BYTES] = (sum[i % DIGEST_BYTES] ?? 0) ^ byte))
    return sum
  }

  /** The first 8 bytes of every bucket's digest. */
  digests(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(BUCKETS * BUCKET_DIGEST_BYTES)
    for (let at = 0; at < BUCKETS; at++) {
      out.set(
        this.#digests.subarray(at * DIGEST_BYTES, at * DIGEST_BYTES + BUCKET_DIGEST_BYTES),
        at * BUCKET_DIGEST_BYTES,
      )
    }
    return out
  }

  /** Numbers of the buckets whose digest differs from another node's `digests()`. */
  differing(theirs: Uint8Array): number[] {
    const ours = this.digests()
    const differ: number[] = []
    for (let at = 0; at < BUCKETS; at++) {
      const from = at * BUCKET_DIGEST_BYTES
      for (let i = from; i < from + BUCKET_DIGEST_BYTES; i++) {
        if (ours[i] === theirs[i]) continue
        differ.push(at)
        break
      }
    }
    return differ
  }

  #toggle(bucket: number, id: Digest): void {
    const bytes = fromHex(id)
    const from = bucket * DIGEST_BYTES
    for (let i = 0; i < DIGEST_BYTES; i++) this.#digests[from + i] = (this.#digests[from + i] ?? 0) ^ (bytes[i] ?? 0)
  }
}

/** Summaries in their wire form, `SUMMARY_BYTES` each. */
export function encodeSummaries(summaries: readonly Summary[], salt: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(summaries.length * SUMMARY_BYTES)
  const view = new DataView(out.buffer)
  summaries.forEach(({ slot, version, id }, i) => {
    const at = i * SUMMARY_BYTES
    const kept = Math.min(version, MAX_VERSION)
    out.set(fromHex(slotHash(slot, salt)), at)
    view.setUint16(at + 8, Math.floor(kept / 2 ** 32))
    view.setUint32(at + 10, kept % 2 ** 32)
    out.set(fromHex(id.slice(0, 16)), at + 14)
  })
  return out
}

/** What a node must do to agree with another over some buckets. */
export interface Differences {
  /** Own records that the other lacks or has older. */
  readonly send: readonly string[]
  /** Slot hashes, in their wire form, of the other's records that are missing or older here. */
  readonly want: Uint8Array
}

/**
 * Compares own summaries with another's in wire form. Equal version with another id goes both ways: each node judges the equivocation
 * itself (RECONCILE-4).
 */
export function compareSummaries(ours: Iterable<Summary>, theirs: Uint8Array, salt: Uint8Array): Differences {
  const view = new DataView(theirs.buffer, theirs.byteOffset, theirs.byteLength)
  const remote = new Map<string, { readonly version: number; readonly id: string; readonly at: number }>()
  for (let at = 0; at + SUMMARY_BYTES <= theirs.length; at += SUMMARY_BYTES) {
    remote.set(toHex(theirs.subarray(at, at + SLOT_HASH_BYTES)), {
      version: view.getUint16(at + 8) * 2 ** 32 + view.getUint32(at + 10),
      id: toHex(theirs.subarray(at + 14, at + SUMMARY_BYTES)),
      at,
    })
  }
  const send: string[] = []
  const want: number[] = []
  for (const { slot, version, id } of ours) {
    const hash = slotHash(slot, salt)
    const other = remote.get(hash)
    remote.delete(hash)
    if (other !== undefined && id.startsWith(other.id)) continue
    if (other === undefined || version >= other.version) send.push(slot)
    if (other !== undefined && version <= other.version) want.push(other.at)
  }
  for (const { at } of remote.values()) want.push(at)
  const slots = new Uint8Array(want.length * SLOT_HASH_BYTES)
  want.forEach((at, i) => slots.set(theirs.subarray(at, at + SLOT_HASH_BYTES), i * SLOT_HASH_BYTES))
  return { send, want: slots }
}

const KIND_RANK: ReadonlyMap<string, number> = new Map(RECORD_KINDS.map((kind, rank) => [kind, rank]))

/** Rank of a slot's kind in sending order: what vouches for others goes first (RECONCILE-5). */
export const sendingRank = (slot: string): number =>
  KIND_RANK.get(slot.slice(0, slot.indexOf('/'))) ?? RECORD_KINDS.length

/** Order in which records are sent: roots by version, then grants, bindings and the rest. */
export const sendingOrder = (a: Summary, b: Summary): number =>
  sendingRank(a.slot) - sendingRank(b.slot) || a.version - b.version
