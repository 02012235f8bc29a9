interface Event {
  readonly atMs: number
  /** Events of one moment happen in the order in which they were planned. */
  readonly order: number
  readonly act: () => void
}

const before = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** Simulated time: things happen in order, and nothing takes time but what says so. A binary heap. */
export class EventQueue {
  readonly #heap: Event[] = []
  #order = 0
  nowMs = 0

  after(ms: number, act: () => void): void {
    this.#push({ atMs: this.nowMs + ms, order: this.#order++, act })
  }

  /** Runs until nothing is left to happen, `done` answers true, or the time is over. @returns whether it was done */
  run(done: () => boolean, untilMs: number): boolean {
    while (!done()) {
      const next = this.#pop()
      if (next === undefined || next.atMs > untilMs) return false
      this.nowMs = next.atMs
      next.act()
    }
    return true
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || before(above, event)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
      const least = right !== undefined && left !== undefined && before(right, left) ? 2 * at + 2 : 2 * at + 1
      const below = heap[least]
      if (below === undefined || before(last, below)) break
      heap[at] = below
      at = least
    }
    heap[at] = last
    return first
  }
}
