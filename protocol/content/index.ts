export { Chunker, nextBoundary } from './chunker.ts'
export { AVERAGE_CHUNK_BYTES, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from './parameters.ts'
