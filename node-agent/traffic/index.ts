export { RateMeter, RECENT_MS } from './rate-meter.ts'
export { Traffic } from './traffic.ts'
