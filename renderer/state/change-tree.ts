/** What a tree of changes is made of: paths are byte strings, as in the contract. */
export interface Change {
  readonly what: 'added' | 'changed' | 'removed' | 'renamed'
  readonly path: string
  readonly sizeBefore: number | null
  readonly sizeAfter: number | null
}

/** A row of what is shown: a folder with sums of what is below it, or one change. Changes are named by their places in the list. */
export type ChangeRow =
  | {
      readonly kind: 'folder'
      /** Byte string; the whole path. */
      readonly path: string
      readonly name: string
      readonly depth: number
      readonly open: boolean
      readonly sums: ChangeSums
      /** What happens to the folder itself, where something does. */
      readonly own: number | undefined
    }
  /** `above`: so much of its path is the folder that it stands in. */
  | { readonly kind: 'change'; readonly place: number; readonly above: number; readonly depth: number }

export interface ChangeSums {
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly renamed: number
  /** Sum of sizes after less before. */
  readonly bytes: number
}

export interface ChangeTree {
  readonly path: string
  readonly name: string
  readonly folders: Map<string, ChangeTree>
  /** Of the changes in it. */
  readonly places: number[]
  readonly sums: { added: number; changed: number; removed: number; renamed: number; bytes: number }
}

const folder = (path: string, name: string): ChangeTree => ({
  path,
  name,
  folders: new Map(),
  places: [],
  sums: { added: 0, changed: 0, removed: 0, renamed: 0, bytes: 0 },
})

export const deltaOf = ({ sizeBefore, sizeAfter }: Change): number => (sizeAfter ?? 0) - (sizeBefore ?? 0)

/**
 * Which changes of a growing list fit a filter, as a list and as a tree; taken in slices, so that no page waits for 30,000 of them. A change in the list may
 * give way to one that fits and counts as it does.
 */
export class ChangeIndex<T extends Change> {
  /** Places in the list. */
  readonly matched: number[] = []
  readonly tree: ChangeTree = folder('', '')
  readonly #matches: (change: T) => boolean
  #taken = 0
  /** The folder of the change before, and those above it: most changes have the same. */
  #last: { readonly path: string; readonly folders: readonly ChangeTree[] } = { path: '', folders: [this.tree] }

  constructor(matches: (change: T) => boolean) {
    this.#matches = matches
  }

  /** Takes at most `most` more of the first `count` changes; true when all of them are taken. */
  take(source: readonly T[], count: number, most: number): boolean {
    const to = Math.min(count, this.#taken + most)
    for (; this.#taken < to; this.#taken++) {
      const change = source[this.#taken]
      if (change === undefined || !this.#matches(change)) continue
      this.matched.push(this.#taken)
      this.#add(change, this.#taken)
    }
    return this.#taken >= count
  }

  /** Puts a change into its folder, and counts it there and above. */
  #add(change: Change, place: number): void {
    const path = change.path.slice(0, Math.max(0, change.path.lastIndexOf('/')))
    if (path !== this.#last.path) this.#last = { path, folders: foldersTo(this.tree, path) }
    const { folders } = this.#last
    const bytes = deltaOf(change)
    for (const { sums } of folders) {
      sums[change.what]++
      sums.bytes += bytes
    }
    folders.at(-1)?.places.push(place)
  }
}

/** A folder and those above it, the root first; made where they are not there. */
function foldersTo(root: ChangeTree, path: string): readonly ChangeTree[] {
  let at = root
  const all = [root]
  const parts = path === '' ? [] : path.split('/')
  for (const [i, name] of parts.entries()) {
    const next = at.folders.get(name) ?? folder(parts.slice(0, i + 1).join('/'), name)
    at.folders.set(name, next)
    all.push(next)
    at = next
  }
  return all
}

/** The rows in sight when these folders are open: folders first, with what happens to themselves, then the other changes, each by name. */
export function flattenTree(
  tree: ChangeTree,
  pathAt: (place: number) => string,
  isOpen: (path: string) => boolean,
): readonly ChangeRow[] {
  const rows: ChangeRow[] = []
  const visit = (at: ChangeTree, depth: number): void => {
    const above = at.path === '' ? 0 : at.path.length + 1
    const own = new Map<string, number>()
    const rest: number[] = []
    for (const place of at.places) {
      const name = at.folders.size === 0 ? '' : pathAt(place).slice(above)
      if (at.folders.has(name) && !own.has(name)) own.set(name, place)
      else rest.push(place)
    }
    for (const next of [...at.folders.values()].toSorted((a, b) => compare(a.name, b.name))) {
      const { path, name, sums } = next
      const open = isOpen(path)
      rows.push({ kind: 'folder', path, name, depth, open, sums, own: own.get(name) })
      if (open) visit(next, depth + 1)
    }
    for (const place of rest) rows.push({ kind: 'change', place, above, depth })
  }
  visit(tree, 0)
  return rows
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Folders that are open at first: all of them while that is a page, none of many. */
export const opensAtFirst = (changes: number): boolean => changes <= 60
