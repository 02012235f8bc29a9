import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ShoalError } from '../../protocol/index.ts'
import type { Node } from './libp2p-node.ts'

/** Opens a connection, or finds one. @throws PEER_GONE, CANCELLED when `signal` aborts */
export async function connect(
  node: Node,
  addresses: readonly Multiaddr[],
  stopping: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  try {
    return await node.dial([...addresses], {
      signal: signal === undefined ? stopping : AbortSignal.any([stopping, signal]),
    })
  } catch (err) {
    if (signal?.aborted === true) throw new ShoalError('CANCELLED', 'dialling was cancelled', { cause: err })
    const why = err instanceof Error ? err.message : 'refused'
    throw new ShoalError('PEER_GONE', `could not connect: ${why.slice(0, 200)}`, { cause: err })
  }
}
