export { type Area, areaBeside, ensureArea, INSIDE, KEPT, removeSteps, removeTree, RETAINED, slotPath } from './area.ts'
export { metadataOf, onlyModeAndTime } from './metadata.ts'
export { openStaging } from './staging.ts'
export type * from './types.ts'
