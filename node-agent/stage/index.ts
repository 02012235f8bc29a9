export { AREA, ensureArea, KEPT, removeTree, RETAINED, slotPath, STAGING } from './area.ts'
export { metadataOf } from './metadata.ts'
export { openStaging } from './staging.ts'
export type * from './types.ts'
