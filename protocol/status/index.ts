export type * from './types.ts'
export { buildStatus, type StatusInput } from './document.ts'
