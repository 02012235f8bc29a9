import { commit } from '../../../../../node-agent/commit/index.ts'

export const next = commit
