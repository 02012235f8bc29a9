import type { TreeSpec } from '../../support/live-tree.ts'

/** A name's kind or a link's text. */
type What = { readonly kind: 'file' | 'directory' } | { readonly kind: 'link'; readonly text: string }
type View = (path: string) => What | undefined

const whatOf = (spec: TreeSpec, path: string): What | undefined => {
  if (path === '') return { kind: 'directory' }
  const node = spec[path]
  if (node === undefined) return undefined
  if ('link' in node) return { kind: 'link', text: node.link }
  return { kind: 'dir' in node ? 'directory' : 'file' }
}

/** Whether a path resolves, as the kernel follows it; nothing is there outside of the tree. */
function resolves(view: View, path: string): boolean {
  let at: string[] = []
  let rest = path.split('/')
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...after] = rest
    rest = after
    if (name === '.' || name === '') continue
    if (name === '..') {
      if (at.length === 0) return false
      at = at.slice(0, -1)
      continue
    }
    const what = view([...at, name].join('/'))
    if (what === undefined) return false
    if (what.kind === 'link') {
      if (++links > 40) return false
      rest = [...what.text.split('/'), ...rest]
      continue
    }
    if (what.kind === 'file' && rest.length > 0) return false
    at = [...at, name]
  }
  return true
}

const isInside = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`)

/**
 * Whether any order at all of the changes of existing names keeps every link that resolves in both trees resolving: the question that the planner
 * must answer as well as a search of all orders does. New names come first and removals last in every order, which never hurts.
 */
export function someOrderHolds(old: TreeSpec, wanted: TreeSpec): boolean {
  const both = Object.keys(old).filter((path) => path in wanted)
  const changes = both.filter((p) => JSON.stringify(whatOf(old, p)) !== JSON.stringify(whatOf(wanted, p)))
  const watched = both.filter((p) => resolves((q) => whatOf(old, q), p) && resolves((q) => whatOf(wanted, q), p))
  const viewOf =
    (done: number): View =>
    (path) => {
      const index = changes.findIndex((top) => isInside(path, top))
      if (index >= 0) return whatOf((done >> index) % 2 === 1 ? wanted : old, path)
      return whatOf(wanted, path) ?? whatOf(old, path)
    }
  const holds = (done: number): boolean => watched.every((p) => resolves(viewOf(done), p))
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
