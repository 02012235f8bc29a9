import { describe, expect, test } from 'vitest'
import { createDeltaChains, type DeltaStep, makeDeltas, OfferChains } from '../../../node-agent/delta/index.ts'
import { CountSum } from '../../../node-agent/fetch/count-sum.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import type { ChannelHandler, Net, NetPeer } from '../../../node-agent/net/index.ts'
import { manifestByPath, stageFromDelta } from '../../../node-agent/pipeline/use-delta.ts'
import type { StagingArea } from '../../../node-agent/stage/index.ts'
import {
  deltasCodec,
  type Digest,
  distinctChunks,
  fromHex,
  parseChannelName,
  parseDigest,
  parseSiteName,
  ShoalError,
} from '../../../protocol/index.ts'
import { channelPair, PEER_A, PEER_B } from '../../support/channel-pair.ts'
import { digestOf } from '../../support/fake-chunks.ts'
import { releaseStore } from '../../support/releases.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'

const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
const { signal } = new AbortController()
const WEB = parseChannelName('web')
const digest = (n: number): Digest => parseDigest(n.toString(16).padStart(64, '0'))

/** Three versions of a file: the third changes what the second brought. */
function versions() {
  const first = seededBytes(1_500_000, 1)
  const second = first.slice()
  second.set(seededBytes(6_000, 2), 500_000)
  const third = second.slice()
  third.set(seededBytes(300, 3), 503_000)
  return [first, second, third] as const
}

/** A publisher with three releases and the deltas between neighbours, and a host that has the first. */
async function away() {
  const [publisher, host] = [await releaseStore(), await releaseStore()]
  const [v1, v2, v3] = versions()
  const [one, two, three] = [
    await publisher.add({ app: v1 }),
    await publisher.add({ app: v2 }),
    await publisher.add({ app: v3 }),
  ]
  await host.add({ app: v1 })
  const make = async (from: typeof one, to: typeof one): Promise<DeltaStep> => {
    const init = { bases: [from.id], to: to.id, signal, onProgress: () => undefined }
    const [ref] = await makeDeltas({ ...publisher, log }, init)
    if (ref === undefined) throw new Error('no delta was made')
    return { ...ref, to: to.id, manifestBytes: to.bytes.length }
  }
  const path = [await make(one, two), await make(two, three)]
  const blobs = new Set(path.map(({ blob }) => blob))
  const read = async (id: Digest) => (await host.read(id)) ?? (blobs.has(id) ? publisher.read(id) : undefined)
  const deps = {
    manifests: host.manifests,
    packs: host.packs,
    chunks: { read } as never,
    fetcher: { fetch: () => Promise.reject(new ShoalError('NO_SOURCE', 'there are no peers')) },
    log,
  }
  return { host, publisher, one, three, path, deps }
}

/** What staging lacks of a release when the host has another. */
function lacking(has: Awaited<ReturnType<typeof away>>['one'], wants: typeof has) {
  const own = new Set(distinctChunks(has.manifest).map((ref) => ref.digest))
  const missing = new Map(distinctChunks(wants.manifest).map((ref) => [ref.digest, ref]))
  for (const id of own) missing.delete(id)
  const staging: Pick<StagingArea, 'missing' | 'write'> = {
    missing: () => [...missing.values()],
    write: (id: Digest, bytes: Uint8Array) => {
      expect(digestOf(bytes)).toBe(id)
      missing.delete(id)
    },
  }
  return { staging, missing }
}

describe('chains of deltas', () => {
  test('DELTA-14 a host several releases behind is led from delta to delta, and needs nothing else', async () => {
    const { one, three, path, deps } = await away()
    const { staging, missing } = lacking(one, three)
    const counts = new CountSum(() => undefined)
    expect(missing.size).toBeGreaterThan(0)
    const options = { path, treeBytes: 3_000_000, signal, counts }
    expect(Buffer.from(await manifestByPath(deps, options)).equals(three.bytes)).toBe(true)
    await stageFromDelta(deps, staging, {
      ...options,
      manifest: three.manifest,
      partners: undefined,
      spending: undefined,
      channel: WEB,
      onPiece: () => undefined,
      onStaged: () => undefined,
    })
    expect(missing.size).toBe(0)
  })

  test('DELTA-14 a chain that leads elsewhere, or is cut off, makes no wrong byte and leaves the chunks missing', async () => {
    const { one, three, path, deps } = await away()
    const { staging, missing } = lacking(one, three)
    const [first, second] = path
    if (first === undefined || second === undefined) throw new Error('no path')
    const wrong = [
      [first],
      [{ ...first, to: second.to }, second],
      [first, { ...second, blob: first.blob, bytes: first.bytes }],
      [first, { ...second, bytes: 2 ** 40 }],
    ]
    const before = missing.size
    for (const bad of wrong) {
      const options = { path: bad, treeBytes: 3_000_000, signal, counts: new CountSum(() => undefined) }
      await stageFromDelta(deps, staging, {
        ...options,
        manifest: three.manifest,
        partners: undefined,
        spending: undefined,
        channel: WEB,
        onPiece: () => undefined,
        onStaged: () => undefined,
      })
      expect(missing.size).toBe(before)
    }
  })
})

/** A node that answers, as `net.open` of another sees it. */
function answering(handler: ChannelHandler): Pick<Net, 'peers' | 'open' | 'ban'> & { readonly banned: string[] } {
  const peer: NetPeer = { peer: PEER_B, site: parseSiteName('oslo'), sameSite: false, outbound: true, relayed: false }
  const banned: string[] = []
  return {
    banned,
    peers: () => [peer],
    ban: (_peer, error) => void banned.push(error.code),
    open: async () => {
      const [mine, theirs] = channelPair()
      void handler(theirs, { ...peer, peer: PEER_A }).catch((err: Error) => theirs.abort(err))
      return mine
    },
  }
}

describe('asking for deltas', () => {
  const step = (from: number, to: number): DeltaStep => ({
    from: digest(from),
    to: digest(to),
    blob: digest(100 * from + to),
    bytes: 10,
    manifestBytes: 7,
  })

  /** Offers that know two steps and make any delta to release 9. */
  async function offers() {
    const made: Digest[] = []
    let handler: ChannelHandler = async () => undefined
    const offering = new OfferChains({
      net: { handle: (_protocol, serve) => void (handler = serve) },
      log,
      known: async () => [step(1, 2), step(2, 3)],
      make: async (from, to) => {
        made.push(from)
        if (to !== digest(9)) throw new ShoalError('NO_SPACE', 'the disk is full')
        await Promise.resolve()
        return { ...step(4, 9), from, to }
      },
    })
    await offering.start()
    const net = answering((channel, peer) => handler(channel, peer))
    return { offering, made, net, chains: createDeltaChains({ net, clock: systemClock, log }) }
  }

  test('DELTA-15 what is known is told, what is missing is made once however many ask, and a failure is no delta', async () => {
    const { chains, made, offering } = await offers()
    expect(await chains.ask(digest(1), digest(3), signal)).toEqual([step(1, 2), step(2, 3)])
    expect(made).toEqual([])
    const asked = await Promise.all([1, 2, 3].map(() => chains.ask(digest(4), digest(9), signal)))
    for (const steps of asked) expect(steps).toEqual([step(4, 9)])
    expect(made).toEqual([digest(4)])
    expect(await chains.ask(digest(4), digest(8), signal)).toEqual([])
    expect(await chains.ask(digest(4), digest(4), signal)).toEqual([])
    await offering.stop()
    expect(await chains.ask(digest(5), digest(9), signal)).toEqual([])
    expect(made).toEqual([digest(4), digest(4)])
  })

  test('DELTA-15 whoever offers deltas that lead elsewhere is dropped; whoever ends the stream is not', async () => {
    const offer = { to: fromHex(digest(7)), manifestBytes: 7, blob: fromHex(digest(8)), bytes: 10 }
    const liar = answering(async (channel) => {
      await channel.next()
      channel.send(deltasCodec.encode({ t: 'steps', steps: [offer] }))
    })
    const deps = { clock: systemClock, log }
    expect(await createDeltaChains({ ...deps, net: liar }).ask(digest(1), digest(3), signal)).toEqual([])
    expect(liar.banned).toEqual(['WIRE_MALFORMED'])
    const gone = answering((channel) => channel.close())
    expect(await createDeltaChains({ ...deps, net: gone }).ask(digest(1), digest(3), signal)).toEqual([])
    expect(gone.banned).toEqual([])
    const cancelled = AbortSignal.abort()
    await expect(createDeltaChains({ ...deps, net: gone }).ask(digest(1), digest(3), cancelled)).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})
