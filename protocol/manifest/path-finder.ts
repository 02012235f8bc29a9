import { pathIndex } from './queries.ts'

/** Places that are looked at one after another before all of the list is searched. */
const NEAR = 8

/** Finds paths in a list in path order, which may grow at its end; whoever asks in that order is answered without a search. */
export class PathFinder {
  readonly #list: () => readonly { readonly path: string }[]
  /** Behind what was found last, or where it would stand. */
  #next = 0

  constructor(list: () => readonly { readonly path: string }[]) {
    this.#list = list
  }

  /** Index of a path; -1 when it is not there. */
  indexOf(path: string): number {
    const list = this.#list()
    const before = list[this.#next - 1]?.path
    if (before === undefined || before < path) {
      for (let at = this.#next; at < this.#next + NEAR; at++) {
        const here = list[at]?.path
        if (here !== undefined && here < path) continue
        this.#next = here === path ? at + 1 : at
        return here === path ? at : -1
      }
    }
    const index = pathIndex(list, path)
    if (index >= 0) this.#next = index + 1
    return index
  }
}
