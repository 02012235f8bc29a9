export { Ledger } from './ledger.ts'
export { LinkLimiter } from './link-limiter.ts'
