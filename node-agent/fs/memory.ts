import { libc } from './libc.ts'

/** Parameters of mallopt(3). */
const M_MMAP_THRESHOLD = -3
const M_ARENA_MAX = -8
const ARENAS = 2
/** Buffers of chunks and windows go back to the system as soon as they are freed; glibc would raise its threshold to 32 MiB by itself. */
const MMAP_BYTES = 128 * 1024

/** Keeps the C library from holding on to memory that was freed: an agent is large for minutes and idle for weeks. */
export function limitAllocator(): void {
  libc().mallopt(M_ARENA_MAX, ARENAS)
  libc().mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
}

/** Gives freed memory back to the system; for after large work. Takes milliseconds. */
export function trimAllocator(): void {
  libc().mallocTrim(0)
}
