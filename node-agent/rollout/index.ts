export { Rollouts } from './rollouts.ts'
