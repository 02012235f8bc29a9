export { type Area, areaBeside, ensureArea, INSIDE, KEPT, removeSteps, removeTree, RETAINED, slotPath } from './area.ts'
export { metadataOf } from './metadata.ts'
export { openStaging } from './staging.ts'
export type * from './types.ts'
