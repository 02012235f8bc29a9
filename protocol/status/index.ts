export type * from './types.ts'
export { explain, type Why, type WhyReason } from './why.ts'
export { buildStatus, processView, type StatusInput } from './document.ts'
