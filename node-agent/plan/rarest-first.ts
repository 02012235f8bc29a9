/**
 * A set of items in order of how many hold them, rarest first, at random within a rank. Adding, removing and counting a holder up or down
 * take constant time (a few steps a rank): the items of one rank lie together, and an item changes rank by one swap at the border.
 */
export class RarestFirst {
  /** Items in the set, by rank. */
  readonly #order: Uint32Array
  /** Place in `#order` of every item, -1 outside the set. */
  readonly #place: Int32Array
  /** Holders of every item, in the set or not. */
  readonly #holders: Uint16Array
  /** First place of every rank; the last entry is the size of the set. */
  readonly #starts: number[] = [0, 0]
  readonly #rng: () => number

  /**
   * @param count items are 0 to count-1
   * @param rng   uniform in [0, 1)
   */
  constructor(count: number, rng: () => number) {
    this.#order = new Uint32Array(count)
    this.#place = new Int32Array(count).fill(-1)
    this.#holders = new Uint16Array(count)
    this.#rng = rng
  }

  get size(): number {
    return this.#starts.at(-1) ?? 0
  }

  has(item: number): boolean {
    return (this.#place[item] ?? -1) >= 0
  }

  holders(item: number): number {
    return this.#holders[item] ?? 0
  }

  /** The item at a place of the order, 0 being the rarest. */
  at(place: number): number {
    return this.#order[place] ?? 0
  }

  add(item: number): void {
    if (this.has(item)) return
    const rank = this.#rankOf(item)
    const size = this.size
    this.#put(item, size)
    this.#starts[this.#starts.length - 1] = size + 1
    // From the end down to its rank: the first item of every rank above makes room by moving to that rank's end.
    for (let r = this.#starts.length - 2; r > rank; r--) {
      const first = this.#starts[r] ?? 0
      this.#swap(this.#place[item] ?? 0, first)
      this.#starts[r] = first + 1
    }
    this.#shuffleIn(item, rank)
  }

  remove(item: number): void {
    if (!this.has(item)) return
    const rank = this.#rankOf(item)
    for (let r = rank + 1; r < this.#starts.length; r++) {
      const last = (this.#starts[r] ?? 0) - 1
      this.#swap(this.#place[item] ?? 0, last)
      this.#starts[r] = last
    }
    this.#place[item] = -1
  }

  /** One more holder. */
  raise(item: number): void {
    const rank = this.#rankOf(item)
    this.#holders[item] = rank + 1
    this.#grow(rank + 1)
    if (!this.has(item)) return
    const last = (this.#starts[rank + 1] ?? 0) - 1
    this.#swap(this.#place[item] ?? 0, last)
    this.#starts[rank + 1] = last
    this.#shuffleIn(item, rank + 1)
  }

  /** One holder fewer. */
  lower(item: number): void {
    const rank = this.#rankOf(item)
    if (rank === 0) return
    this.#holders[item] = rank - 1
    if (!this.has(item)) return
    const first = this.#starts[rank] ?? 0
    this.#swap(this.#place[item] ?? 0, first)
    this.#starts[rank] = first + 1
    this.#shuffleIn(item, rank - 1)
  }

  #rankOf(item: number): number {
    return this.#holders[item] ?? 0
  }

  /** Makes ranks up to `rank` exist. */
  #grow(rank: number): void {
    while (this.#starts.length < rank + 2) this.#starts.push(this.size)
  }

  /** Two hosts that start together must not ask for the same chunks in the same order. */
  #shuffleIn(item: number, rank: number): void {
    const from = this.#starts[rank] ?? 0
    const to = this.#starts[rank + 1] ?? 0
    this.#swap(this.#place[item] ?? 0, from + Math.floor(this.#rng() * (to - from)))
  }

  #put(item: number, place: number): void {
    this.#order[place] = item
    this.#place[item] = place
  }

  #swap(a: number, b: number): void {
    const first = this.at(a)
    const second = this.at(b)
    this.#put(second, a)
    this.#put(first, b)
  }
}
