/** What a tree of changes is made of: paths are byte strings, as in the contract. */
export interface Change {
  readonly what: 'added' | 'changed' | 'removed' | 'renamed'
  readonly path: string
  readonly sizeBefore: number | null
  readonly sizeAfter: number | null
}

/** A row of what is shown: a folder with sums of what is below it, or one change. */
export type ChangeRow<T extends Change> =
  | {
      readonly kind: 'folder'
      /** Byte string; the whole path. */
      readonly path: string
      readonly name: string
      readonly depth: number
      readonly open: boolean
      readonly sums: ChangeSums
      /** What happens to the folder itself, where something does. */
      readonly own: T | undefined
    }
  | { readonly kind: 'change'; readonly change: T; readonly name: string; readonly depth: number }

export interface ChangeSums {
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly renamed: number
  /** Sum of sizes after less before. */
  readonly bytes: number
}

interface Folder<T extends Change> {
  readonly path: string
  readonly name: string
  readonly folders: Map<string, Folder<T>>
  readonly changes: T[]
  readonly sums: { added: number; changed: number; removed: number; renamed: number; bytes: number }
}

const folder = <T extends Change>(path: string, name: string): Folder<T> => ({
  path,
  name,
  folders: new Map(),
  changes: [],
  sums: { added: 0, changed: 0, removed: 0, renamed: 0, bytes: 0 },
})

export type ChangeTree<T extends Change> = Folder<T>

export const deltaOf = ({ sizeBefore, sizeAfter }: Change): number => (sizeAfter ?? 0) - (sizeBefore ?? 0)

export const emptyTree = <T extends Change>(): ChangeTree<T> => folder<T>('', '')

/** Puts one change into its folders, and counts it in each. */
export function addChange<T extends Change>(root: ChangeTree<T>, change: T): void {
  const parts = change.path.split('/')
  let at = root
  count(at, change)
  for (let i = 0; i < parts.length - 1; i++) {
    const name = parts[i] ?? ''
    let next = at.folders.get(name)
    if (next === undefined) {
      next = folder<T>(parts.slice(0, i + 1).join('/'), name)
      at.folders.set(name, next)
    }
    at = next
    count(at, change)
  }
  at.changes.push(change)
}

/** The changes of a growing list that fit a filter, as a list and as a tree; taken in slices, so that no page waits for 30,000 of them. */
export class ChangeIndex<T extends Change> {
  readonly matched: T[] = []
  readonly tree: ChangeTree<T> = emptyTree<T>()
  readonly #matches: (change: T) => boolean
  #taken = 0

  constructor(matches: (change: T) => boolean) {
    this.#matches = matches
  }

  /** Takes at most `most` more of the first `count` changes; true when all of them are taken. */
  take(source: readonly T[], count: number, most: number): boolean {
    const to = Math.min(count, this.#taken + most)
    for (; this.#taken < to; this.#taken++) {
      const change = source[this.#taken]
      if (change === undefined || !this.#matches(change)) continue
      this.matched.push(change)
      addChange(this.tree, change)
    }
    return this.#taken >= count
  }
}

function count<T extends Change>(at: Folder<T>, change: T): void {
  at.sums[change.what]++
  at.sums.bytes += deltaOf(change)
}

/** The rows in sight when these folders are open: folders first, with what happens to themselves, then the other changes, each by name. */
export function flattenTree<T extends Change>(
  tree: ChangeTree<T>,
  isOpen: (path: string) => boolean,
): readonly ChangeRow<T>[] {
  const rows: ChangeRow<T>[] = []
  const visit = (at: Folder<T>, depth: number): void => {
    const own = new Map<string, T>()
    const rest: { readonly change: T; readonly name: string }[] = []
    for (const change of at.changes) {
      const name = change.path.slice(at.path === '' ? 0 : at.path.length + 1)
      if (at.folders.has(name) && !own.has(name)) own.set(name, change)
      else rest.push({ change, name })
    }
    for (const next of [...at.folders.values()].toSorted((a, b) => compare(a.name, b.name))) {
      const { path, name, sums } = next
      const open = isOpen(path)
      rows.push({ kind: 'folder', path, name, depth, open, sums, own: own.get(name) })
      if (open) visit(next, depth + 1)
    }
    for (const { change, name } of rest) rows.push({ kind: 'change', change, name, depth })
  }
  visit(tree, 0)
  return rows
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Folders that are open at first: all of them while that is a page, none of many. */
export const opensAtFirst = (changes: number): boolean => changes <= 60
