export { commitInPlace, type CommitDeps, rollForward } from './commit.ts'
export { carry } from './carry.ts'
export { type Displaced, displacedPaths, whereDisplaced } from './displaced.ts'
export { type KeptFile, listKept } from './kept.ts'
export { type Held, listRetained, measureRetained, reapRetained, type Retained, type RetainedUse } from './retained.ts'
export { measureStepNs } from './measure.ts'
export { sweepDisplaced } from './sweep.ts'
export {
  displacedTree,
  liveTree,
  retainDisplaced,
  rollSwitchForward,
  type SwitchDeps,
  switchTree,
  toSwitchIntent,
} from './switch.ts'
export { type IntentInit, toIntent } from './steps.ts'
