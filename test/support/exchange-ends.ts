import { ExchangeClient } from '../../node-agent/fetch/exchange-client.ts'
import { serveExchange } from '../../node-agent/fetch/exchange-server.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import { answerCodec, type ChunkRef, type Digest, type ExchangeAnswer, type ShoalError } from '../../protocol/index.ts'
import { channelPair, type MemoryChannel } from './channel-pair.ts'
import { fakeContent, type FakeSource } from './fake-chunks.ts'
import type { ManualClock } from './manual-clock.ts'
import { keepingLogger } from './test-mesh.ts'

/** A client and what it heard. */
export function listen(channel: MemoryChannel) {
  const heard = {
    chunks: new Map<Digest, Uint8Array>(),
    owners: [] as string[],
    lacks: [] as Digest[],
    wasted: [] as (string | undefined)[],
    wastedBytes: 0,
    bits: [] as (Uint8Array | undefined)[],
    more: [] as number[],
    error: undefined as ShoalError | undefined,
  }
  const client = new ExchangeClient<string>(channel, systemClock, {
    have: (_, bits) => heard.bits.push(bits),
    haveMore: (_, indices) => heard.more.push(...indices),
    chunk: (digest, bytes, _, owners) => {
      heard.chunks.set(digest, bytes)
      heard.owners.push(...owners)
    },
    lack: (digest) => heard.lacks.push(digest),
    wasted: (_, bytes, _owners, error) => {
      heard.wasted.push(error?.code)
      heard.wastedBytes += bytes
    },
  })
  client.run().catch((err: ShoalError) => (heard.error = err))
  return { client, heard }
}

export const log = keepingLogger()

/** A client and a server, talking. */
export function talk(source: FakeSource, clock: ManualClock | typeof systemClock = systemClock) {
  const [toServer, toClient] = channelPair()
  const served = serveExchange({ source, clock, log }, toClient, { sameSite: true, relayed: false })
  served.catch(() => undefined)
  return { ...listen(toServer), toServer, toClient, served }
}

/** A client whose server is the test. */
export function impersonate() {
  const [toServer, toClient] = channelPair()
  const say = (message: ExchangeAnswer, body?: Uint8Array): unknown => toClient.send(answerCodec.encode(message), body)
  return { ...listen(toServer), toServer, toClient, say }
}

export const content = fakeContent(1, 20, 2_000)
const [one, two] = content.chunks
if (one === undefined || two === undefined) throw new Error('no chunks')
export const first: ChunkRef = one
export const second: ChunkRef = two
export const bytesOf = (digest: Digest | undefined): Uint8Array =>
  (digest === undefined ? undefined : content.bytes.get(digest)) ?? new Uint8Array()
