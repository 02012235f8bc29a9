import * as fs from 'node:fs'
import { nodeError, systemError } from './errno.ts'
import { libc } from './libc.ts'

const LOCK_EX_NB = 2 | 4

/** Takes an exclusive lock on an open file; false when another holder has it. @throws FILE_SYSTEM where locks are not supported */
export function flock(fd: number, path: string): boolean {
  if (libc().flock(fd, LOCK_EX_NB) === 0) return true
  const errno = libc().errno()
  if (errno === 'EAGAIN') return false
  throw systemError('flock', path, errno)
}

/**
 * Takes an exclusive lock on a file, made when absent. Returns the function that releases it; undefined when another process holds it.
 * The kernel releases it when this process ends, however it ends.
 * @throws FILE_SYSTEM, TARGET_READ_ONLY
 */
export function flockFile(path: string): (() => void) | undefined {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants
  let fd: number
  try {
    fd = fs.openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
  } catch (err) {
    throw nodeError('open', path, err)
  }
  try {
    if (flock(fd, path)) return () => fs.closeSync(fd)
  } catch (err) {
    fs.closeSync(fd)
    throw err
  }
  fs.closeSync(fd)
  return undefined
}
