export { AREA, ensureArea, KEPT, removeTree, RETAINED, slotPath, STAGING } from './area.ts'
export { metadataOf, openStaging } from './staging.ts'
export type * from './types.ts'
