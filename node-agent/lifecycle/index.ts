export { systemClock } from './clock.ts'
export { createLogger, type LoggerInit, safeJson } from './logger.ts'
export { startAll } from './start-all.ts'
export type * from './types.ts'
