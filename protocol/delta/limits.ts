/** Bytes of new content in one window: with its base and the index over it, an encoder needs about 150 MiB, a decoder about 50. */
export const DELTA_NEXT_BYTES = 8 * 1024 * 1024
/** Bytes of old content in one window. */
export const DELTA_BASE_BYTES = 16 * 1024 * 1024
/** How far to each side of where it is expected moved content is looked for. */
export const DELTA_SLACK_BYTES = 3 * 1024 * 1024
/** Most bytes of a delta's table, unpacked: runs of 1,000,000 chunks. */
export const DELTA_TABLE_BYTES = 16 * 1024 * 1024
