import { startSimulator } from '../../../../test/simulator/simulator.ts'

export const start = startSimulator
