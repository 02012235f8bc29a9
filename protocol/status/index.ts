export type * from './types.ts'
export { buildStatus, processView, type StatusInput } from './document.ts'
