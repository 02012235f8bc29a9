import { readFileSync } from 'node:fs'
import { keys } from '@libp2p/crypto'
import * as cbor from '@ipld/dag-cbor'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  countersignRecord,
  decodeRecord,
  fromHex,
  parseChannelName,
  peerKeyOf,
  type ShoalRecord,
  slotOf,
  toHex,
  verifySignatures,
} from '../../../protocol/index.ts'
import {
  channelStatus,
  grantBody,
  meshFixture,
  seeded,
  signBinding,
  signGrant,
  aRolloutBody,
  signControl,
  signHead,
  signProposal,
  signRetry,
  signRevocation,
  signRoot,
  signStatus,
} from '../../support/mesh-fixture.ts'

/** Bytes of every kind, frozen. The file was written once by this function; a difference means the format changed. */
async function everyKind(): Promise<Record<string, ShoalRecord>> {
  const mesh = await meshFixture()
  const [joinKey, host] = [await seeded(4), await seeded(5)]
  const grantKey = '11'.repeat(16)
  return {
    root: mesh.root,
    grant: await signGrant(mesh, grantKey, grantBody(joinKey)),
    binding: await signBinding(grantKey, joinKey, host),
    head: await signHead(7, mesh.publisher),
    status: await signStatus(host, 3),
  }
}

/** A release in waves and what is said of it, frozen in the same way. A head without waves is written as ever. */
async function rolloutKinds(): Promise<Record<string, ShoalRecord>> {
  const { publisher } = await meshFixture()
  const head = await signHead(8, publisher, { rollout: aRolloutBody })
  return {
    head,
    control: await signControl(publisher, head, 5),
    retry: await signRetry(publisher, head, await seeded(5), 6),
  }
}

/** What later versions of Shoal write, frozen in the same way; what stands above goes on reading. */
async function laterKinds(): Promise<Record<string, ShoalRecord>> {
  const mesh = await meshFixture()
  const [joinKey, host, next] = [await seeded(4), await seeded(5), await seeded(6)]
  const grant = await signGrant(mesh, '11'.repeat(16), grantBody(joinKey, { hostKey: host.publicKey }), undefined, 2)
  const head = await signHead(7, mesh.publisher)
  return {
    root: await signRoot(mesh, 2, [mesh.rootKey], {
      publishers: [{ keys: [next.publicKey], threshold: 1, channels: 'web*' }],
      holders: [{ key: next.publicKey, name: 'Ann' }],
      revoked: [mesh.publisher.publicKey],
      heads: [{ channel: parseChannelName('web'), sequence: 7, head: head.id }],
    }),
    grant,
    revocation: await signRevocation(grant, mesh.enroller),
    proposal: await signProposal(head, mesh.publisher),
  }
}

const read = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`../../fixtures/records/${name}.json`, import.meta.url), 'utf8'))
const golden = read('v1')

/** Bytes as hex, whatever kind of array holds them. */
const inText = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(inText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inText(part)]))
}

/** A status with everything that may be absent from one; frozen as well. */
const fullStatus = async (): Promise<ShoalRecord> =>
  signStatus(await seeded(5), 4, {
    publishes: [parseChannelName('base'), parseChannelName('web')],
    channels: [
      channelStatus({
        receivedBy: {
          links: { sameSite: 1, otherSite: 20, relayed: 300, metered: 4_000 },
          sources: { sameSite: 1, otherSites: 320, publisher: 4_000 },
          wasted: { duplicate: 5, bad: 60, cancelled: 700 },
        },
        transfer: { leftBytes: 12_900_000, bytesPerSecond: 59_400 },
      }),
    ],
  })

describe('records', () => {
  test('RECORD-7 what may be absent from a status is read where it is there, and costs few bytes', async () => {
    const made = await fullStatus()
    const { full }: { full: string } = JSON.parse(
      readFileSync(new URL('../../fixtures/records/v1-full-status.json', import.meta.url), 'utf8'),
    )
    expect(toHex(made.bytes)).toBe(full)
    const decoded = await decodeRecord(fromHex(full))
    expect(decoded).toEqual(made)
    const plain = await signStatus(await seeded(5), 4, { channels: [channelStatus()] })
    const body = (await decodeRecord(plain.bytes)).body
    expect(body).not.toHaveProperty('publishes')
    expect(plain.kind === 'status' && Object.keys(plain.body.channels[0] ?? {})).not.toContain('transfer')
    expect(made.bytes.length - plain.bytes.length).toBeLessThan(160)
  })

  test.each([
    ['v1', everyKind],
    ['v2', laterKinds],
    ['v2-rollouts', rolloutKinds],
  ])('RECORD-1 the bytes of every kind are those of %s', async (name, make) => {
    const made = await make()
    const frozen = read(name)
    expect(Object.fromEntries(Object.entries(made).map(([kind, r]) => [kind, toHex(r.bytes)]))).toEqual(frozen)
    for (const [kind, hex] of Object.entries(frozen)) {
      const record = await decodeRecord(fromHex(hex))
      expect(inText(record)).toEqual(inText(made[kind]))
      await expect(verifySignatures(record)).resolves.toBeInstanceOf(Set)
    }
  })

  test('RECORD-2 a changed payload or signature does not verify', async () => {
    const { head } = await everyKind()
    const envelope = cbor.decode<{ payload: Uint8Array; signatures: [Uint8Array, Uint8Array][] }>(
      head?.bytes ?? new Uint8Array(),
    )
    const other = (await signHead(8, (await meshFixture()).publisher)).payload
    const swapped = await decodeRecord(cbor.encode({ ...envelope, payload: other }))
    await expect(verifySignatures(swapped)).rejects.toMatchObject({ code: 'RECORD_SIGNATURE_INVALID' })
    const [signature] = envelope.signatures
    signature?.[1].set([(signature[1][0] ?? 0) ^ 1])
    const flipped = await decodeRecord(cbor.encode(envelope))
    await expect(verifySignatures(flipped)).rejects.toMatchObject({ code: 'RECORD_SIGNATURE_INVALID' })
  })

  test('RECORD-3 a record without a signature is refused', async () => {
    const { head } = await everyKind()
    const bare = await decodeRecord(cbor.encode({ payload: head?.payload, signatures: [] }))
    await expect(verifySignatures(bare)).rejects.toMatchObject({ code: 'RECORD_UNSIGNED' })
  })

  test('RECORD-4 random and damaged bytes fail with a code of the table only', async () => {
    const valid = [...Object.values(golden), ...Object.values(read('v2'))].map(fromHex)
    const damaged = fc
      .tuple(fc.constantFrom(...valid), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean())
      .map(([bytes, at, bits, cut]) => {
        const copy = bytes.slice(0, cut ? at % bytes.length : bytes.length)
        if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ bits
        return copy
      })
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), async (bytes) => {
        try {
          await decodeRecord(bytes)
        } catch (err) {
          expect(err).toMatchObject({ name: 'ShoalError', code: 'RECORD_MALFORMED' })
        }
      }),
      { seed: 41, numRuns: 1000 },
    )
    await expect(decodeRecord(new Uint8Array(65 * 1024))).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' })
  })

  test('RECORD-5 a further signature changes the envelope, not the id', async () => {
    const mesh = await meshFixture()
    const twice = await countersignRecord(mesh.root, [await seeded(9)])
    expect(twice.id).toBe(mesh.root.id)
    expect(slotOf(twice)).toBe('root/1')
    expect([...(await verifySignatures(twice))]).toHaveLength(2)
  })

  test('RECORD-6 peer ids are those of libp2p', async () => {
    for (const n of [1, 7, 200]) {
      const pair = await seeded(n)
      const libp2p = await keys.generateKeyPairFromSeed('Ed25519', pair.seed)
      expect(peerKeyOf(pair.publicKey)).toBe(peerIdFromPublicKey(libp2p.publicKey).toString())
    }
  })
})
