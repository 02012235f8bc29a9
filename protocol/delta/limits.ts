/**
 * Bytes of new content in one window: with its base, the index over it and zstd's tables an encoder needs about 150 MiB, a decoder about 30. Twice as much
 * gave no smaller deltas on compilers, interpreters, a Debian root and a large application.
 */
export const DELTA_NEXT_BYTES = 4 * 1024 * 1024
/** Bytes of old content in one window. */
export const DELTA_BASE_BYTES = 8 * 1024 * 1024
/** How far to each side of where it is expected moved content is looked for. */
export const DELTA_SLACK_BYTES = 2 * 1024 * 1024
/** Most bytes of a delta's table, unpacked: runs of 1,000,000 chunks. */
export const DELTA_TABLE_BYTES = 16 * 1024 * 1024
