import { type ChannelName, type KeyPair, publisherRole, type PublicKey, ShoalError } from '../../protocol/index.ts'
import type { Core } from '../core.ts'

/** This home's keys that may publish to a channel; at least one. @throws NOT_A_PUBLISHER, KEYS_LOCKED */
export async function publisherKeys(core: Core, channel: ChannelName): Promise<readonly [KeyPair, ...KeyPair[]]> {
  const mine = await publishersHere(core, channel)
  const [first, ...more] = (await core.keyring.signers('publisher')).filter(({ publicKey }) => mine.includes(publicKey))
  if (first === undefined) throw notAPublisher(channel)
  return [first, ...more]
}

/** Their public halves, also while they are locked; at least one. @throws NOT_A_PUBLISHER */
export async function publishersHere(core: Core, channel: ChannelName): Promise<readonly PublicKey[]> {
  const { root } = core.mesh.book
  const role = root === undefined ? undefined : publisherRole(root, channel)
  const ring = (await core.keyring.list()).filter((own) => own.role === 'publisher')
  const mine = ring.map(({ publicKey }) => publicKey).filter((key) => role?.keys.includes(key) === true)
  if (mine.length === 0) throw notAPublisher(channel)
  return mine
}

const notAPublisher = (channel: ChannelName): ShoalError =>
  new ShoalError('NOT_A_PUBLISHER', `this home has no publisher key for channel ${channel}; nothing was published`)
