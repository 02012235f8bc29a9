export { HOST_STATES, RECORD_KINDS } from './types.ts'
export type * from './types.ts'
