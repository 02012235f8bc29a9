import type { PackStore } from '../../../../../node-agent/store/index.ts'

export type Source = PackStore
