import { TopicValidatorResult } from '@libp2p/gossipsub'
import { parsePeerKey, type PeerKey } from '../../protocol/index.ts'
import type { Node } from './libp2p-node.ts'
import type { GossipVerdict } from './types.ts'

/** Judges every gossip message of a topic once. */
export type Validator = (bytes: Uint8Array, from: PeerKey) => Promise<GossipVerdict>

const VERDICTS = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
} as const satisfies Record<GossipVerdict, TopicValidatorResult>

/** Puts the validators in place; before the node starts, so that no message gets past them. */
export function addValidators(node: Node, topics: ReadonlyMap<string, Validator>): void {
  for (const [topic, validate] of topics) {
    node.services.pubsub.topicValidators.set(
      topic,
      async (from, { data }) => VERDICTS[await validate(data, parsePeerKey(from.toString()))],
    )
  }
}
