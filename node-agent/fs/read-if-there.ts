import { closeSync } from 'node:fs'
import { isShoalError, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from './types.ts'

/** What `use` makes of a file opened for reading; undefined when the path is gone, is no file or may not be read any more. Closed in any case. */
export function readIfThere<T>(root: TreeRoot, path: TreePath, use: (fd: number) => T): T | undefined {
  let fd: number
  try {
    fd = root.openRead(path)
  } catch (err) {
    if (isShoalError(err)) return undefined
    throw err
  }
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}
