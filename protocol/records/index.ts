export {
  bucketOf,
  compareSummaries,
  type Differences,
  encodeSummaries,
  RecordBuckets,
  sendingOrder,
  sendingRank,
  slotHash,
  type Summary,
} from './buckets.ts'
export {
  countersignRecord,
  decodeRecord,
  joinSignatures,
  type RecordInit,
  signRecord,
  slotOf,
  verifySignatures,
} from './codec.ts'
export { createKeyPair, type KeyPair, keyPairFromSeed, peerKeyOf, sha256 } from './keys.ts'
export { LINK_CONNECTIONS, RATE_AGES } from './link-types.ts'
export { roundRate, roundRoundTrip } from './link-words.ts'
export { HOST_STATES, LINK_CLASSES, SOURCE_KINDS, STALE_REASONS, WASTE_KINDS } from './status-types.ts'
export { PROPOSABLE_KINDS, RECORD_KINDS } from './types.ts'
export type * from './link-types.ts'
export type * from './rollout-types.ts'
export type * from './status-types.ts'
export type * from './types.ts'
