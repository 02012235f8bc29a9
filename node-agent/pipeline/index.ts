export { TargetPipeline } from './pipeline.ts'
export type * from './types.ts'
