import { type Entry, joinPath, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'

/** Links followed before a resolution counts as endless, as Linux does (path_resolution(7)). */
const MAX_LINKS = 40

/** As much of what stands at a path as following links needs. `text` is a symlink's. */
export interface Standing {
  readonly kind: Entry['kind']
  readonly text: string | undefined
}

/** What stands at a path of some state of the tree. */
export type View = (path: TreePath) => Standing | undefined

/** What following a path comes across. */
export interface Resolution {
  /** Everything that was looked up on the way, in order. */
  readonly through: readonly TreePath[]
  /** It ends at something within the tree, or leaves the tree. */
  readonly resolves: boolean
  /** Where it leaves the tree: what is left to follow, with `/` or `..` first. Nobody knows here whether that is there. */
  readonly outside: string | undefined
}

/**
 * Follows a path as the kernel would, within the tree; links with the root's own absolute path lead back in.
 * @param root absolute path of the tree's root, a byte string
 */
export function resolvePath(start: TreePath, view: View, root: string): Resolution {
  const through: TreePath[] = []
  const end = (resolves: boolean, outside?: string): Resolution => ({ through, resolves, outside })
  let at = parentPath(start)
  let rest = [start.slice(start.lastIndexOf('/') + 1)]
  let links = 0
  while (rest.length > 0) {
    const [name = '', ...after] = rest
    rest = after
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at === ROOT_PATH) return end(true, ['..', ...rest].join('/'))
      at = parentPath(at)
      continue
    }
    const path = joinPath(at, name)
    const found = view(path)
    through.push(path)
    if (found === undefined) return end(false)
    if (found.text === undefined) {
      if (rest.length > 0 && found.kind !== 'directory') return end(false)
      at = path
      continue
    }
    if (++links > MAX_LINKS) return end(false)
    let { text } = found
    if (text.startsWith('/')) {
      if (text !== root && !text.startsWith(`${root}/`)) return end(true, [text, ...rest].join('/'))
      text = text.slice(root.length)
      at = ROOT_PATH
    }
    rest = [...text.split('/'), ...rest]
  }
  return end(true)
}
