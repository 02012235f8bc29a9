export { DELTA_BASE_BYTES, DELTA_NEXT_BYTES, DELTA_TABLE_BYTES } from './limits.ts'
export { applyPatch, makePatch, type Patch } from './patch.ts'
export {
  type CodedWindow,
  type ContentWindow,
  decodeDeltaTable,
  type DeltaCodec,
  type DeltaTable,
  encodeDeltaTable,
  type ManifestWindow,
  partsOf,
} from './table.ts'
export { type DeltaWindow, planWindows, type Run } from './windows.ts'
