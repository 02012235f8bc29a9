export { flockFile, fstat, openTreeRoot } from './tree-root.ts'
export type * from './types.ts'
