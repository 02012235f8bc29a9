import { describe, expect, test } from 'vitest'
import { makeDeltas, OpenDelta } from '../../../node-agent/delta/index.ts'
import { CountSum } from '../../../node-agent/fetch/count-sum.ts'
import type { Fetcher } from '../../../node-agent/fetch/types.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { type DeltaRef, type Digest, distinctChunks, ShoalError } from '../../../protocol/index.ts'
import { digestOf } from '../../support/fake-chunks.ts'
import { headBody } from '../../support/mesh-fixture.ts'
import { type Files, releaseStore } from '../../support/releases.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'

type ReleaseStore = Awaited<ReturnType<typeof releaseStore>>

const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
const big = seededBytes(3_000_000, 1)
const [TEXT, BIG_TEXT] = [Buffer.from('text'), Buffer.from('another text')]
const BEFORE: Files = { app: big, conf: Buffer.from('port = 1\n'.repeat(3000)), gone: seededBytes(90_000, 2) }
const AFTER: Files = {
  app: Buffer.concat([big.subarray(0, 900_000), seededBytes(700, 3), big.subarray(900_200)]),
  conf: Buffer.from('port = 1\n'.repeat(2900) + 'port = 2\n'.repeat(100)),
  'moved-gone': seededBytes(90_000, 2),
  added: seededBytes(400_000, 4),
}

const OPTIONS = { signal: new AbortController().signal, counts: new CountSum(() => undefined) }
const noFetcher: Fetcher = { fetch: () => Promise.reject(new ShoalError('NO_SOURCE', 'there are no peers')) }
const init = (to: Digest, ...bases: readonly Digest[]) => ({
  bases,
  to,
  signal: OPTIONS.signal,
  onProgress: () => undefined,
})

async function twoReleases() {
  const store = await releaseStore()
  const [before, after] = [await store.add(BEFORE), await store.add(AFTER)]
  const [ref] = await makeDeltas({ ...store, log }, init(after.id, before.id))
  if (ref === undefined) throw new Error('no delta was made')
  const head = headBody({ manifest: after.id, manifestBytes: after.bytes.length, treeBytes: 9_000_000, deltas: [ref] })
  return { store, before, after, ref, head }
}

const deps = ({ packs }: ReleaseStore, read = (digest: Digest) => packs.read(digest)) => ({
  packs,
  chunks: { read, announce: () => undefined },
  fetcher: noFetcher,
})

type Releases = Awaited<ReturnType<typeof twoReleases>>

/** Every chunk that the delta makes. */
async function contentOf(
  opened: OpenDelta,
  { before, after }: Pick<Releases, 'before' | 'after'>,
  read: (digest: Digest) => Promise<Uint8Array | undefined>,
) {
  const chunks = { base: distinctChunks(before.manifest), next: distinctChunks(after.manifest) }
  const made = new Map<Digest, Uint8Array>()
  const wanted = new Set(chunks.next.map(({ digest }) => digest))
  const windows = opened.windowsFor(chunks.next, wanted)
  await opened.obtain(windows, OPTIONS)
  for (const window of windows) {
    const bytes = await opened.decode(window, chunks, async ({ digest }) => (await read(digest)) ?? new Uint8Array())
    for (const [digest, chunk] of bytes) made.set(digest, chunk)
  }
  return made
}

const toStep = (ref: DeltaRef, { manifest, manifestBytes, treeBytes }: Releases['head']) => ({
  step: { ...ref, to: manifest, manifestBytes },
  treeBytes,
})

const open = (store: ReleaseStore, { ref, head, before }: Pick<Releases, 'ref' | 'head' | 'before'>) =>
  OpenDelta.open(deps(store), { ...toStep(ref, head), baseManifest: before.bytes }, OPTIONS)

describe('deltas', () => {
  test('DELTA-7 the base and the delta make the manifest and every chunk that is new', async () => {
    const releases = await twoReleases()
    const { store, before, after, ref } = releases
    expect(ref.from).toBe(before.id)
    expect(ref.bytes).toBeLessThan(3000)
    const delta = await open(store, releases)
    expect(Buffer.from(await delta.manifest(OPTIONS)).equals(after.bytes)).toBe(true)
    const made = await contentOf(delta, releases, store.read)
    const had = new Set(distinctChunks(before.manifest).map(({ digest }) => digest))
    const added = new Set(
      after.manifest.entries
        .flatMap((e) => (e.path === 'added' && e.kind === 'file' ? e.chunks : []))
        .map((ref) => ref.digest),
    )
    // What resembles nothing and does not compress travels as chunks.
    const expected = distinctChunks(after.manifest).filter(({ digest }) => !had.has(digest) && !added.has(digest))
    expect(expected.length).toBeGreaterThan(1)
    for (const { digest } of expected) expect(made.has(digest)).toBe(true)
  })

  test('DELTA-7 a manifest of several windows, too', async () => {
    const store = await releaseStore()
    const many = (changed: number): Files =>
      Object.fromEntries(
        Array.from({ length: 30_000 }, (_, i) => [
          `${'long name '.repeat(14)}${i}`,
          i % 9_999 === changed ? BIG_TEXT : TEXT,
        ]),
      )
    const [before, after] = [await store.add(many(7)), await store.add(many(8))]
    expect(after.bytes.length).toBeGreaterThan(6_000_000)
    const [ref] = await makeDeltas({ ...store, log }, init(after.id, before.id))
    if (ref === undefined) throw new Error('no delta was made')
    expect(ref.bytes).toBeLessThan(2_000)
    const head = headBody({
      manifest: after.id,
      manifestBytes: after.bytes.length,
      treeBytes: 9_000_000,
      deltas: [ref],
    })
    const delta = await open(store, { ref, head, before })
    expect(Buffer.from(await delta.manifest(OPTIONS)).equals(after.bytes)).toBe(true)
  })

  test('DELTA-8 another base makes no wrong byte', async () => {
    const releases = await twoReleases()
    const delta = await open(releases.store, releases)
    const wrong = async (digest: Digest) => (await releases.store.read(digest))?.map((byte) => byte ^ 1)
    await expect(contentOf(delta, releases, wrong)).rejects.toMatchObject({ code: 'DELTA_INVALID' })
  })

  test('DELTA-8 a blob that is not whole, or has a changed byte, makes no wrong byte', async () => {
    const releases = await twoReleases()
    const { store, ref, before, after } = releases
    const blob = await store.read(ref.blob)
    if (blob === undefined) throw new Error('the blob is not in the packs')
    let refused = 0
    for (let at = 0; at < blob.length; at += 7) {
      for (const bytes of [blob.slice(0, at), blob.map((byte, i) => (i === at ? byte ^ 0x10 : byte))]) {
        if (bytes.length === 0) continue
        const changed = { ...ref, blob: digestOf(bytes), bytes: bytes.length }
        const read = async (digest: Digest) => (digest === changed.blob ? bytes : store.read(digest))
        try {
          const delta = await OpenDelta.open(
            deps(store, read),
            { ...toStep(changed, releases.head), baseManifest: before.bytes },
            OPTIONS,
          )
          const manifest = await delta.manifest(OPTIONS)
          if (!Buffer.from(manifest).equals(after.bytes)) refused++
          for (const [digest, chunk] of await contentOf(delta, releases, read)) expect(digestOf(chunk)).toBe(digest)
        } catch (err) {
          expect(err).toMatchObject({ code: 'DELTA_INVALID' })
          refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(blob.length / 7)
  })

  test('DELTA-2 a delta that claims to be larger than its release, or no delta at all', async () => {
    const { store, ref, head, before } = await twoReleases()
    const invalid = { code: 'DELTA_INVALID' }
    const other = distinctChunks(before.manifest)[0]
    if (other === undefined) throw new Error('no chunk')
    for (const wrong of [
      { ...ref, bytes: 2 ** 40 },
      { ...ref, bytes: 3 },
      { ...ref, blob: other.digest, bytes: other.size },
    ]) {
      await expect(open(store, { ref: wrong, head, before })).rejects.toMatchObject(invalid)
    }
  })

  test('DELTA-10 a base that is not whole any more gives no delta and stops nothing; cancelling ends it', async () => {
    const store = await releaseStore()
    const [before, after] = [await store.add(BEFORE), await store.add(AFTER)]
    const lost = before.manifest.entries.flatMap((e) => (e.path === 'conf' && e.kind === 'file' ? e.chunks : []))[0]
      ?.digest
    const read = async (digest: Digest) => (digest === lost ? undefined : store.read(digest))
    const other = await store.add({ app: big })
    const made = await makeDeltas({ ...store, read, log }, init(after.id, before.id, other.id))
    expect(made.map(({ from }) => from)).toEqual([other.id])
    const abort = new AbortController()
    const cancelled = makeDeltas({ ...store, log }, { ...init(after.id, before.id), signal: abort.signal })
    abort.abort()
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
