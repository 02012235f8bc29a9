export { FetchPlan, type FetchPlanInit, type Retraction } from './fetch-plan.ts'
export { SiteShare } from './site-share.ts'
