export { commitInPlace, type CommitDeps, rollForward } from './commit.ts'
export { listRetained, reap } from './retained.ts'
export { type IntentInit, toIntent } from './steps.ts'
