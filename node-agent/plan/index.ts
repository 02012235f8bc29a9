export { FetchPlan, type FetchPlanInit, type Retraction } from './fetch-plan.ts'
export { Share } from './share.ts'
