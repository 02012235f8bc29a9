import type { TreePath } from '../../protocol/index.ts'
import type { LinkWatch } from './link-watch.ts'
import type { CommitOp } from './types.ts'

/**
 * Does whatever of some steps harms no link, again and again as steps make others possible. A step that must wait is looked at again only when something
 * that it waits for was done, so that the work grows with the number of links passed, not with its square.
 */
export class Drain {
  /** Steps not done yet. */
  readonly left: Set<CommitOp>
  readonly #links: LinkWatch
  readonly #whole: boolean
  readonly #act: (op: CommitOp) => void
  /** Steps to be looked at. */
  readonly #ready: Set<CommitOp>
  /** Pending paths → steps to be looked at again when they are done. */
  readonly #waiting = new Map<TreePath, Set<CommitOp>>()
  /** Steps that harm nothing, but whose own link would not be at its new end at once. */
  readonly #deferred = new Set<CommitOp>()

  /** @param whole hold back what harms nothing but makes a link that is not at its new end at once @param act does a step, and tells `noticed` */
  constructor(links: LinkWatch, ops: Iterable<CommitOp>, whole: boolean, act: (op: CommitOp) => void) {
    this.#links = links
    this.left = new Set(ops)
    this.#ready = new Set(this.left)
    this.#whole = whole
    this.#act = act
  }

  /** Does all that can be done. @returns whether there was something */
  run(): boolean {
    const before = this.left.size
    for (const op of this.#ready) {
      this.#ready.delete(op)
      if (this.#mayDo(op)) this.#act(op)
    }
    return this.left.size < before
  }

  /** Does one step that was held back. @returns whether there was one */
  runDeferred(): boolean {
    for (const op of this.#deferred) {
      this.#deferred.delete(op)
      if (this.#links.harmed(op) !== undefined) {
        this.#ready.add(op)
        continue
      }
      this.#act(op)
      return true
    }
    return false
  }

  /** A step, of these or another, was done. */
  noticed(op: CommitOp): void {
    this.left.delete(op)
    this.#deferred.delete(op)
    this.#ready.delete(op)
    for (const waiting of this.#waiting.get(op.path) ?? []) if (this.left.has(waiting)) this.#ready.add(waiting)
    this.#waiting.delete(op.path)
  }

  /** Otherwise it is looked at again when that may have changed. */
  #mayDo(op: CommitOp): boolean {
    const harmed = this.#links.harmed(op)
    if (harmed === undefined && (!this.#whole || this.#links.appearsWhole(op))) return true
    if (harmed === undefined) this.#deferred.add(op)
    else this.#deferred.delete(op)
    for (const top of this.#links.blockersOf(op, harmed ?? op.path)) {
      this.#waiting.set(top, (this.#waiting.get(top) ?? new Set()).add(op))
    }
    return false
  }
}
