export { compileRollout, type CompiledRollout, type CompiledWave } from './compile.ts'
export { evaluateRollout, type RolloutInput, type RolloutState, type WaveState } from './evaluate.ts'
export { type Hold, holdOf } from './hold.ts'
export { type PlannedRollout, planWaves } from './plan-waves.ts'
export {
  channelOfControl,
  controlKey,
  nextOrder,
  type Said,
  type SaidPause,
  type SaidPromote,
  takeTogether,
} from './said.ts'
export type { Selected } from './selector.ts'
export { parseWaves, type WaveSpec } from './spec.ts'
export { type HostWord, type RolloutHost, standingOf, wordOf } from './standing.ts'
export type { RolloutView } from '../status/index.ts'
export { channelRollout, rolloutView } from './view.ts'
export { keyInWords, nextInWords } from './words.ts'
