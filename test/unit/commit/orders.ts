import { type MemoryTree } from '../../support/memory-tree.ts'
import { type TreePath } from '../../../protocol/index.ts'

/** A name's kind, and a link's text. */
interface What {
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly text: string
}

export type View = (path: string) => What | undefined

/** What stands in a model now, also after it was changed. */
export function viewOf(tree: MemoryTree): View {
  const copy = tree.clone()
  return (path) => copy.find(path as TreePath)
}

/** The same while it changes. */
export const liveViewOf =
  (tree: MemoryTree): View =>
  (path) =>
    tree.find(path as TreePath)

const MAX_LINKS = 40

/**
 * Where the kernel would end when it follows a path, and as what; undefined when it dangles. What is outside of the tree is taken to be there. Written
 * apart from the planner's own, to judge it.
 * @param root absolute path by which links name the tree
 */
export function follow(view: View, path: string, root: string): string | undefined {
  let at: string[] = []
  let rest = path.split('/')
  let kind = 'directory'
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...after] = rest
    rest = after
    if (name === '.' || name === '') continue
    if (name === '..') {
      if (at.length === 0) return `outside ../${rest.join('/')}`
      at = at.slice(0, -1)
      continue
    }
    const what = view([...at, name].join('/'))
    if (what === undefined) return undefined
    if (what.kind === 'symlink') {
      if (++links > MAX_LINKS) return undefined
      const inside = what.text === root || what.text.startsWith(`${root}/`)
      if (what.text.startsWith('/') && !inside) return `outside ${[what.text, ...rest].join('/')}`
      if (inside) at = []
      rest = [...(inside ? what.text.slice(root.length) : what.text).split('/'), ...rest]
      continue
    }
    if (what.kind === 'file' && rest.length > 0) return undefined
    kind = what.kind
    at = [...at, name]
  }
  return `${at.length === 0 ? 'directory' : kind} ${at.join('/')}`
}

/** A link that resolves before and after, and where. */
export interface WatchedLink {
  readonly path: string
  readonly ends: readonly [string, string]
}

/** Links of both trees, among `paths`, that resolve in both. */
export function linksOf(paths: Iterable<string>, before: View, after: View, root: string): readonly WatchedLink[] {
  const found: WatchedLink[] = []
  for (const path of paths) {
    if (before(path)?.kind !== 'symlink' && after(path)?.kind !== 'symlink') continue
    const [a, b] = [follow(before, path, root), follow(after, path, root)]
    if (a !== undefined && b !== undefined) found.push({ path, ends: [a, b] })
  }
  return found
}

const isInside = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`)

export interface Changes {
  readonly before: View
  readonly after: View
  readonly root: string
  /** Names that stand before and after, and change. */
  readonly changes: readonly string[]
  readonly links: readonly WatchedLink[]
}

/**
 * Whether any order at all of the changes keeps every link resolving: the question that the planner must answer as well as a search of all orders
 * does. New names come first and removals last in every order, which never hurts. @param exact each must also end where it ends before or after
 */
export function someOrderHolds({ before, after, root, changes, links }: Changes, exact: boolean): boolean {
  const during =
    (done: number): View =>
    (path) => {
      const index = changes.findIndex((top) => isInside(path, top))
      if (index >= 0) return (done >> index) % 2 === 1 ? after(path) : before(path)
      return after(path) ?? before(path)
    }
  const holds = (done: number): boolean =>
    links.every(({ path, ends }) => {
      const end = follow(during(done), path, root)
      return end !== undefined && (!exact || ends.includes(end))
    })
  const all = 2 ** changes.length - 1
  const seen = new Set<number>()
  const search = (done: number): boolean => {
    if (seen.has(done) || !holds(done)) return false
    seen.add(done)
    if (done === all) return true
    return changes.some((_, i) => (done >> i) % 2 === 0 && search(done | (1 << i)))
  }
  return search(0)
}
