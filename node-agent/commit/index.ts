export { commitInPlace, type CommitDeps, rollForward } from './commit.ts'
export { listRetained, reap } from './retained.ts'
export { toSteps } from './steps.ts'
