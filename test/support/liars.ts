import { answerCodec, EXCHANGE_PROTOCOL, fromHex, LIMITS, requestCodec } from '../../protocol/index.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import type { ChannelHandler } from '../../node-agent/net/index.ts'
import { everything, type FakeContent, FakeSource } from './fake-chunks.ts'
import { type FetchNode, fetchNode } from './fetch-nodes.ts'
import { seededRng, type TestMesh, type TestNode } from './test-mesh.ts'

/** A source whose chunks leave one after another, each after `chunkMs`: a line of that width. */
export function slowly(source: FakeSource, chunkMs: number): FakeSource {
  let turn = Promise.resolve()
  source.answer = (_digest, held) => {
    turn = turn.then(() => systemClock.sleep(chunkMs))
    return turn.then(() => held)
  }
  return source
}

/** Has 70 % of what it says it has. */
export function liar(content: FakeContent, seed: number): FakeSource {
  const rng = seededRng(seed)
  const source = FakeSource.of(content, () => rng() >= 0.3)
  source.claim = () => everything(content)
  return source
}

/** Serves other bytes than it was asked for. */
export function garbler(content: FakeContent): FakeSource {
  const source = FakeSource.of(content)
  source.answer = async (_digest, held) => held?.map((byte) => byte ^ 1)
  return source
}

/** Between two words of a trickler. */
const WORD_MS = 1_000

/** A member that says it has everything and, asked for chunks, keeps a few bytes a second coming and never a chunk. */
export async function trickler(mesh: TestMesh, n: number, content: FakeContent, site: string): Promise<TestNode> {
  const node = await mesh.node(n, { site })
  const manifest = fromHex(content.manifest)
  const serve: ChannelHandler = async (channel) => {
    const talk = async (): Promise<void> => {
      while (!channel.signal.aborted) {
        channel.send(answerCodec.encode({ t: 'haveMore', manifest, indices: [0] }))
        await systemClock.sleep(WORD_MS)
      }
    }
    for (let frame = await channel.next(); frame !== undefined; frame = await channel.next()) {
      if (requestCodec.decode(frame.header).t !== 'interest') continue
      const have = { t: 'have', manifest, known: true, offset: 0, encoding: 'none', last: true } as const
      channel.send(answerCodec.encode(have), everything(content))
      void talk().catch(() => undefined)
    }
  }
  node.net.handle(EXCHANGE_PROTOCOL, serve, { maxFrameBytes: LIMITS.exchangeMessageBytes })
  await node.net.start()
  return node
}

/** Honest members of other sites, each with a line of its own. */
export function honest(mesh: TestMesh, content: FakeContent, count: number, chunkMs: number): Promise<FetchNode[]> {
  const made = Array.from({ length: count }, (_, i) =>
    fetchNode(mesh, 100 + i, slowly(FakeSource.of(content), chunkMs), `far${i}`),
  )
  return Promise.all(made)
}
