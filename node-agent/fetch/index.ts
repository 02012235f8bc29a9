export { createFetcher, type FetcherDeps, type MeshFetcher } from './fetcher.ts'
export type * from './types.ts'
