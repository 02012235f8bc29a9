export { type Collected, collectGarbage } from './collect.ts'
export { keepCollecting } from './collector.ts'
