import { type ChannelName, type KeyPair, publisherRole, ShoalError } from '../../protocol/index.ts'
import type { Core } from '../core.ts'
import { readKey } from '../mesh/index.ts'

/** This home's key that may publish to a channel. @throws NOT_A_PUBLISHER */
export async function publisherKey(core: Core, channel: ChannelName): Promise<KeyPair> {
  const { root } = core.mesh.book
  const publisher = await readKey(core.init.home, 'publisher')
  const role = root === undefined ? undefined : publisherRole(root, channel)
  if (publisher !== undefined && role?.keys.includes(publisher.publicKey) === true) return publisher
  throw new ShoalError(
    'NOT_A_PUBLISHER',
    `this home has no publisher key for channel ${channel}; nothing was published`,
  )
}
