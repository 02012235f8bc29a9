import type { Net, NetPeer } from '../../node-agent/net/index.ts'
import { LIMITS } from '../../protocol/index.ts'
import { joined, TEST_TOPIC, type TestNode, until } from './test-mesh.ts'

export const ECHO = '/shoal/echo/1.0.0'
export const FRAMES = { maxFrameBytes: LIMITS.exchangeMessageBytes }

export const addressOf = ({ net }: TestNode): string => net.addresses()[0] ?? ''

export async function connect(a: TestNode, b: TestNode): Promise<void> {
  await a.net.dial(addressOf(b))
  await until('both are joined', () => joined(a, b))
}

/** Serves an echo, and counts who came. */
export function serveEcho({ net }: TestNode): NetPeer[] {
  const served: NetPeer[] = []
  const echo = async (channel: Parameters<Parameters<Net['handle']>[1]>[0], peer: NetPeer): Promise<void> => {
    served.push(peer)
    for (let frame = await channel.next(); frame !== undefined; frame = await channel.next()) {
      channel.send(frame.header, frame.body)
    }
    await channel.close()
  }
  net.handle(ECHO, echo, FRAMES)
  return served
}

/** Gathers gossip, all of it welcome. */
export function gather({ net }: TestNode): string[] {
  const heard: string[] = []
  net.subscribe(TEST_TOPIC, async (bytes) => {
    heard.push(Buffer.from(bytes).toString())
    return 'accept'
  })
  return heard
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
