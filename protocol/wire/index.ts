export { bundleCodec, type BundleHeader, type BundleMessage } from './bundle.ts'
export { bytesOf, bytesUpTo, digestBytes, type MessageCodec, messageCodec, u32 } from './codec.ts'
export { answerCodec, type BodyEncoding, type ExchangeAnswer, type ExchangeRequest, requestCodec } from './exchange.ts'
export { deltasCodec, type DeltasMessage } from './deltas.ts'
export { punchCodec } from './punch.ts'
export { encodeFrame, FRAME_PREFIX_BYTES, type Frame, FrameReader } from './frame.ts'
export { helloCodec, type HelloMessage } from './hello.ts'
export { LIMITS } from './limits.ts'
export {
  DELTAS_PROTOCOL,
  PUNCH_PROTOCOL,
  EXCHANGE_PROTOCOL,
  HELLO_PROTOCOL,
  RECORDS_PROTOCOL,
  recordsTopic,
} from './protocols.ts'
export {
  BUCKET_DIGEST_BYTES,
  BUCKETS,
  reconcileCodec,
  type ReconcileMessage,
  SLOT_HASH_BYTES,
  SUMMARY_BYTES,
} from './reconcile.ts'
