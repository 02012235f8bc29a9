import { type Entry, joinPath, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { ObservedPath, Standing } from './types.ts'

/** Links followed before a resolution counts as endless, as Linux does (path_resolution(7)). */
const MAX_LINKS = 40

export const standingOf = (entry: Entry | undefined): Standing | undefined =>
  entry && { kind: entry.kind, text: entry.kind === 'symlink' ? entry.target : undefined }

export const standingSeen = (found: ObservedPath | undefined): Standing | undefined =>
  found && { kind: found.kind, text: found.linkText }

/** What stands at a path of some state of the tree. */
export type View = (path: TreePath) => Standing | undefined

/** What following a path comes across. */
export interface Resolution {
  /** Everything that was looked up on the way, in order. */
  readonly through: readonly TreePath[]
  /**
   * Where it ends, and as what, to be compared with other ends: a directory (`D` and its path), something else (`F` and its path), or outside of the tree
   * (`O` and what is left to follow, with `/` or `..` first; nobody knows here whether that is there). undefined when it dangles.
   */
  readonly end: string | undefined
}

/**
 * Follows a path as the kernel would, within the tree; links with the root's own absolute path lead back in.
 * @param root absolute path of the tree's root, a byte string
 */
export function resolvePath(start: TreePath, view: View, root: string): Resolution {
  const through: TreePath[] = []
  const end = (where: string | undefined): Resolution => ({ through, end: where })
  let at = parentPath(start)
  let isDirectory = true
  let rest = [start.slice(start.lastIndexOf('/') + 1)]
  let links = 0
  while (rest.length > 0) {
    const [name = '', ...after] = rest
    rest = after
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at === ROOT_PATH) return end(`O${['..', ...rest].join('/')}`)
      at = parentPath(at)
      continue
    }
    const path = joinPath(at, name)
    const found = view(path)
    through.push(path)
    if (found === undefined) return end(undefined)
    if (found.text === undefined) {
      isDirectory = found.kind === 'directory'
      if (rest.length > 0 && !isDirectory) return end(undefined)
      at = path
      continue
    }
    if (++links > MAX_LINKS) return end(undefined)
    let { text } = found
    if (text.startsWith('/')) {
      if (text !== root && !text.startsWith(`${root}/`)) return end(`O${[text, ...rest].join('/')}`)
      text = text.slice(root.length)
      at = ROOT_PATH
    }
    rest = [...text.split('/'), ...rest]
  }
  return end(`${isDirectory ? 'D' : 'F'}${at}`)
}
