export { RateMeter, RECENT_MS, TALK_RATE } from './rate-meter.ts'
export { Traffic } from './traffic.ts'
