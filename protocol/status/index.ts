export type * from './types.ts'
export { conditionOf, type ConditionInput, HOST_CONDITIONS, type HostCondition } from './condition.ts'
export { explain, SILENT_SECONDS, type Why, type WhyReason } from './why.ts'
export { buildStatus, processView, type StatusInput } from './document.ts'
