import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { memory } from '@libp2p/memory'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { LIMITS } from '../../protocol/index.ts'

export type Outsider = Libp2p<{ identify: Identify; pubsub: GossipSub }>

/** A plain libp2p node that speaks everything that Shoal does and says no hello: a stranger, or a member's hostile fork. */
export function createOutsider(transport: 'tcp' | 'memory'): Promise<Outsider> {
  return createLibp2p({
    transports: [transport === 'tcp' ? tcp() : memory()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        streamOptions: {
          initialStreamWindowSize: LIMITS.streamWindowBytes,
          maxStreamWindowSize: LIMITS.streamWindowMaxBytes,
        },
      }),
    ],
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ timeout: 2_000 }),
      pubsub: gossipsub({ globalSignaturePolicy: 'StrictNoSign', allowPublishToZeroTopicPeers: true }),
    },
  })
}

export const dialOutside = (outsider: Outsider, address: string): Promise<Connection> =>
  outsider.dial(multiaddr(address))

/** Opens a stream, sends some bytes and gathers what comes back until the stream ends. */
export async function probe(connection: Connection, protocol: string, bytes: Uint8Array): Promise<Uint8Array> {
  const got: Uint8Array[] = []
  let stream: Stream
  try {
    stream = await connection.newStream([protocol])
    stream.addEventListener('message', ({ data }) => got.push(data instanceof Uint8Array ? data : data.subarray()))
    const ended = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve()))
    stream.send(bytes)
    if (stream.status === 'open') await ended
  } catch {
    // Refused: nothing came back.
  }
  return Buffer.concat(got)
}
