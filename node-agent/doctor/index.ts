export { examine } from './examine.ts'
export { readKnown } from './known.ts'
export type * from './types.ts'
