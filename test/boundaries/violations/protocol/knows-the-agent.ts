import type { FetchPlan } from '../../../../node-agent/plan/index.ts'

export type Plan = FetchPlan
