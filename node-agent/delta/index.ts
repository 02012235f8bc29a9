export { type BlobDeps, type BlobOptions, obtainPieces } from './blob-reader.ts'
export { chooseBases } from './choose-bases.ts'
export { makeDeltas } from './make-deltas.ts'
export { OpenDelta } from './open-delta.ts'
