import { type Entry, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import { resolvePath, standingOf, standingSeen, type View } from './resolve.ts'
import type { CommitInput, CommitOp } from './types.ts'

/** Links that a step would leave worse than they are. */
export interface Harm {
  /** They would lead nowhere. */
  readonly dangling: readonly TreePath[]
  /** They would end where neither release has them end. */
  readonly astray: readonly TreePath[]
}

export const NO_HARM: Harm = { dangling: [], astray: [] }

/** Less is better: dangling links count first. */
export const weigh = ({ dangling, astray }: Harm): number => dangling.length * 1e6 + astray.length

const WHOLE = 0
const ASTRAY = 1
const DANGLING = 2

/** A done step, and what it changed, so that it can be taken back. */
interface Done {
  readonly op: CommitOp
  readonly watchers: ReadonlySet<TreePath> | undefined
  readonly watched: readonly (readonly [top: TreePath, link: TreePath])[]
  readonly states: readonly (readonly [link: TreePath, before: number | undefined])[]
}

/**
 * Follows the symlinks that resolve in both releases through every state of a commit: steps are done and taken back here as they would be on the file
 * system. New names that are no steps of it count as there, what is removed later as still there.
 */
export class LinkWatch {
  readonly #input: CommitInput
  readonly #left: ReadonlyMap<TreePath, unknown>
  readonly #next: ReadonlyMap<TreePath, Entry>
  /** Steps not yet done, by path; everything at and below such a path is still old. */
  readonly #pending = new Map<TreePath, CommitOp>()
  /** Paths that a step takes away, and those of them whose step is one of these. */
  readonly #removed: ReadonlySet<TreePath>
  readonly #leaving = new Set<TreePath>()
  /** Watched links that are looked up through a pending path. */
  readonly #watchers = new Map<TreePath, Set<TreePath>>()
  /** Where a watched link may end: as before the commit, or as after it. */
  readonly #ends = new Map<TreePath, ReadonlySet<string>>()
  /** Of watched links that are not whole now. */
  readonly #states = new Map<TreePath, number>()
  readonly #done: Done[] = []

  /** @param removals steps that come after all of these @param left paths where this host keeps its own */
  constructor(
    ops: readonly CommitOp[],
    removals: readonly CommitOp[],
    left: ReadonlyMap<TreePath, unknown>,
    input: CommitInput,
  ) {
    this.#input = input
    this.#left = left
    this.#next = new Map(input.next.entries.map((entry) => [entry.path, entry]))
    this.#removed = new Set([...ops, ...removals].filter(({ op }) => op === 'retain').map(({ path }) => path))
    for (const op of ops) {
      this.#pending.set(op.path, op)
      if (op.op === 'retain') this.#leaving.add(op.path)
    }
    if (this.#pending.size > 0) for (const [path, found] of input.observed) this.#begin(path, found.kind)
  }

  #begin(path: TreePath, kind: Entry['kind']): void {
    const entry = this.#next.get(path)
    if (entry === undefined || (entry.kind !== 'symlink' && kind !== 'symlink')) return
    const { root } = this.#input
    const [before, after] = [resolvePath(path, this.#old, root).end, resolvePath(path, this.#final, root).end]
    if (before === undefined || after === undefined) return
    this.#ends.set(path, new Set([before, after]))
    this.#watch(path)
  }

  readonly #old: View = (path) => standingSeen(this.#input.observed.get(path)) ?? this.#input.beside.get(path)

  readonly #final: View = (path) => {
    const entry = this.#next.get(path)
    if (entry !== undefined && !this.#left.has(path)) return standingOf(entry)
    return this.#removed.has(path) ? undefined : this.#old(path)
  }

  readonly #now: View = (path) => {
    if (this.#pendingTop(path) !== undefined) return this.#old(path)
    if (this.#leaving.has(path)) return undefined
    return this.#final(path) ?? this.#old(path)
  }

  /** The pending step that decides what stands at a path. */
  #pendingTop(path: TreePath): TreePath | undefined {
    for (let at = path; at !== ROOT_PATH; at = parentPath(at)) if (this.#pending.has(at)) return at
    return undefined
  }

  #topsOf(link: TreePath): readonly TreePath[] {
    const { through } = resolvePath(link, this.#now, this.#input.root)
    return through.map((path) => this.#pendingTop(path)).filter((top) => top !== undefined)
  }

  #stateOf(link: TreePath): number {
    const { end } = resolvePath(link, this.#now, this.#input.root)
    if (end === undefined) return DANGLING
    return this.#ends.get(link)?.has(end) === true ? WHOLE : ASTRAY
  }

  /** Registers a link with every pending path that it passes. */
  #watch(link: TreePath): (readonly [TreePath, TreePath])[] {
    const added: (readonly [TreePath, TreePath])[] = []
    for (const top of this.#topsOf(link)) {
      const watchers = this.#watchers.get(top) ?? new Set()
      this.#watchers.set(top, watchers)
      if (watchers.has(link)) continue
      watchers.add(link)
      added.push([top, link])
    }
    return added
  }

  /** Runs `look` as if the step were done. */
  #after<T>(op: CommitOp, look: () => T): T {
    this.#pending.delete(op.path)
    const seen = look()
    this.#pending.set(op.path, op)
    return seen
  }

  /** What a step would do to links now. */
  harm(op: CommitOp): Harm {
    const watchers = this.#watchers.get(op.path)
    if (watchers === undefined || watchers.size === 0) return NO_HARM
    return this.#after(op, () => {
      const worse = (state: number): TreePath[] =>
        [...watchers].filter((link) => this.#stateOf(link) === state && (this.#states.get(link) ?? WHOLE) < state)
      return { dangling: worse(DANGLING), astray: worse(ASTRAY) }
    })
  }

  /** A link that the step would harm now, undefined when it harms none. */
  harmed(op: CommitOp): TreePath | undefined {
    const watchers = this.#watchers.get(op.path)
    if (watchers === undefined || watchers.size === 0) return undefined
    return this.#after(op, () => {
      for (const link of watchers) if (this.#stateOf(link) > (this.#states.get(link) ?? WHOLE)) return link
      return undefined
    })
  }

  /** The pending step of a path. */
  pendingAt(path: TreePath): CommitOp | undefined {
    return this.#pending.get(path)
  }

  /** Whether a symlink that the step makes or changes is at its new end at once, if it has any. */
  appearsWhole(op: CommitOp): boolean {
    if (op.op === 'retain' || this.#next.get(op.path)?.kind !== 'symlink') return true
    const { root } = this.#input
    const { end } = resolvePath(op.path, this.#final, root)
    return end === undefined || this.#after(op, () => resolvePath(op.path, this.#now, root).end === end)
  }

  /** Paths of pending steps, one of which must be done before what is wrong with this one can change. @param link one that it harms, or its own */
  blockersOf(op: CommitOp, link: TreePath): readonly TreePath[] {
    const tops = new Set([...this.#topsOf(link), ...this.#after(op, () => this.#topsOf(link))])
    tops.delete(op.path)
    return [...tops]
  }

  /** Steps done so far, in order. */
  get done(): readonly CommitOp[] {
    return this.#done.map(({ op }) => op)
  }

  get count(): number {
    return this.#done.length
  }

  do(op: CommitOp): void {
    this.#pending.delete(op.path)
    const watchers = this.#watchers.get(op.path)
    this.#watchers.delete(op.path)
    const links = [...(watchers ?? [])]
    const states = links.map((link) => [link, this.#states.get(link)] as const)
    for (const link of links) this.#setState(link, this.#stateOf(link))
    this.#done.push({ op, watchers, watched: links.flatMap((link) => this.#watch(link)), states })
  }

  #setState(link: TreePath, state: number | undefined): void {
    if (state === undefined || state === WHOLE) this.#states.delete(link)
    else this.#states.set(link, state)
  }

  /** Takes the last steps back until `count` are done. */
  undoTo(count: number): void {
    while (this.#done.length > count) {
      const done = this.#done.pop()
      if (done === undefined) return
      for (const [top, link] of done.watched) this.#watchers.get(top)?.delete(link)
      if (done.watchers !== undefined) this.#watchers.set(done.op.path, new Set(done.watchers))
      for (const [link, state] of done.states) this.#setState(link, state)
      this.#pending.set(done.op.path, done.op)
    }
  }
}
