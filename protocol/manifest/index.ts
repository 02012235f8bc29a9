export { caseClashes, RESERVED_NAME } from './check.ts'
export { decodeChunkList, decodeManifest, encodeChunkList, encodeManifest } from './codec.ts'
export { distinctChunks, treeBytes } from './queries.ts'
export type * from './types.ts'
