import type { Gate } from './gate.ts'
import { guard, type Node } from './libp2p-node.ts'
import type { Served } from './run-types.ts'
import type { Streams } from './streams.ts'

/** Streams of one protocol that one member may have open. */
const STREAMS_PER_PROTOCOL = 4

/** Registers what a node serves, each protocol behind the gate. */
export async function serveAll(
  { node, gate, streams }: { readonly node: Node; readonly gate: Gate; readonly streams: Streams },
  protocols: ReadonlyMap<string, Served>,
): Promise<void> {
  for (const [protocol, { handler, ...options }] of protocols) {
    guard(node, protocol, gate)
    await node.handle(protocol, (stream, connection) => streams.serve(stream, connection, handler, options), {
      maxInboundStreams: STREAMS_PER_PROTOCOL,
      maxOutboundStreams: STREAMS_PER_PROTOCOL,
    })
  }
}
