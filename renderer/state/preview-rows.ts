import type { PreviewItem, PreviewRow } from '../../protocol/control/window.ts'

export type ChangeCounts = Readonly<Record<PreviewRow['what'], number>>

type Updates = Pick<Extract<PreviewItem, { readonly kind: 'updates' }>, 'changed' | 'gone'>

/**
 * The rows of a preview. What is known better of a row takes its place in the list, which grows in place too; only what would change sums, or takes rows away,
 * is held until another list is made.
 */
export class PreviewRows {
  #list: PreviewRow[] = []
  readonly #places = new Map<string, number>()
  /** Rows that belong elsewhere or count otherwise than those that are shown; undefined: it is no change. */
  readonly #held = new Map<string, PreviewRow | undefined>()
  #counts = { added: 0, changed: 0, removed: 0, renamed: 0 }

  /** Another array once `renew` has made one. */
  get list(): readonly PreviewRow[] {
    return this.#list
  }

  get counts(): ChangeCounts {
    return { ...this.#counts }
  }

  get isHeld(): boolean {
    return this.#held.size > 0
  }

  add(rows: readonly PreviewRow[]): void {
    for (const row of rows) {
      this.#places.set(row.path, this.#list.length)
      this.#list.push(row)
      this.#counts[row.what]++
    }
  }

  /** Those of paths that are not there come last. */
  update({ changed, gone }: Updates): void {
    for (const path of gone) if (this.#places.has(path)) this.#held.set(path, undefined)
    for (const row of changed) {
      const place = this.#places.get(row.path)
      const before = place === undefined ? undefined : this.#list[place]
      if (place === undefined || before === undefined) this.add([row])
      else if (this.#held.has(row.path) || !countsAlike(before, row)) this.#held.set(row.path, row)
      else this.#list[place] = row
    }
  }

  /** Makes another list with what is held. */
  renew(): void {
    const rows = this.#list.flatMap((row) => (this.#held.has(row.path) ? (this.#held.get(row.path) ?? []) : [row]))
    this.#held.clear()
    this.#places.clear()
    this.#list = []
    this.#counts = { added: 0, changed: 0, removed: 0, renamed: 0 }
    this.add(rows)
  }
}

const countsAlike = (a: PreviewRow, b: PreviewRow): boolean =>
  a.what === b.what && a.sizeBefore === b.sizeBefore && a.sizeAfter === b.sizeAfter
