export { Ledger } from './ledger.ts'
export { linkClass } from './link-class.ts'
export { LinkLimiter } from './link-limiter.ts'
