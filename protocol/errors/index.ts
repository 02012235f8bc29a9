export { ERRORS, ShoalError, fromWire, isShoalError, toWire } from './errors.ts'
export type { ErrorCode, ErrorInfo, WireError } from './errors.ts'
