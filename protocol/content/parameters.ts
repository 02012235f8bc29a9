/**
 * Chunk sizes, a protocol constant: two publishers must cut the same bytes at the same places.
 * FastCDC with normalised chunking (Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data Deduplication",
 * USENIX ATC 2016), level 2: below the average the mask has two bits more, above it two bits fewer.
 */
export const MIN_CHUNK_BYTES = 32 * 1024
export const AVERAGE_CHUNK_BYTES = 64 * 1024
export const MAX_CHUNK_BYTES = 256 * 1024
