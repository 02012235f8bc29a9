export { TargetPipelines } from './pipelines.ts'
export type * from './types.ts'
