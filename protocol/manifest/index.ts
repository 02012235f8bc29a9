export { caseClashes, RESERVED_NAME } from './check.ts'
export {
  decodeChunkList,
  decodeManifest,
  decodeSteps,
  encodeChunkList,
  encodeManifest,
  isManifest,
  manifestParts,
} from './codec.ts'
export { compileGlobs, globFault } from './globs.ts'
export { distinctChunks, treeBytes } from './queries.ts'
export { sameChunks, sameEntry } from './same.ts'
export { runSteps, STEP_ITEMS, type Steps } from './steps.ts'
export type * from './types.ts'
