/** Bytes that a match must begin with to be found at all. */
const SEED_BYTES = 8
/** Older places with the same seed that are compared. */
const CHAIN = 12
/** A match of this length is good enough to stop looking. */
const GOOD_MATCH_BYTES = 512
/** A match elsewhere must be this much longer than what the alignment at hand already gives (bsdiff's constant). */
const GAIN_BYTES = 8

/** A longest match: where in the base, and how many bytes. */
export interface Found {
  at: number
  length: number
}

/** Seeds of a base and where they stand, newest first. Memory: 4 bytes a base byte and 4 bytes a table slot. */
export class SeedIndex {
  readonly #base: Uint8Array
  readonly #words: DataView
  readonly #heads: Int32Array
  readonly #next: Int32Array
  readonly #shift: number

  constructor(base: Uint8Array) {
    this.#base = base
    this.#words = new DataView(base.buffer, base.byteOffset, base.byteLength)
    const bits = Math.min(22, Math.max(10, 32 - Math.clz32(base.length)))
    this.#shift = 32 - bits
    this.#heads = new Int32Array(1 << bits).fill(-1)
    this.#next = new Int32Array(Math.max(0, base.length - SEED_BYTES + 1))
    for (let at = this.#next.length - 1; at >= 0; at--) {
      const slot = this.#slot(this.#words, at)
      const head = this.#heads[slot] ?? -1
      this.#next[at] = head
      this.#heads[slot] = at
    }
  }

  /** The longest match for `bytes` from `from` among the places with the same seed; length 0 for none. */
  find(bytes: Uint8Array, view: DataView, from: number, near: number, found: Found): void {
    found.length = 0
    if (from + SEED_BYTES > bytes.length) return
    const base = this.#base
    let at = this.#heads[this.#slot(view, from)] ?? -1
    for (let tries = 0; at >= 0 && tries < CHAIN; tries++) {
      const best = found.length
      if (base[at + best] === bytes[from + best] && base[at] === bytes[from]) {
        const length = commonLength(base, at, bytes, from)
        if (length > best || (length === best && Math.abs(at - near) < Math.abs(found.at - near))) {
          found.length = length
          found.at = at
          if (length >= GOOD_MATCH_BYTES) return
        }
      }
      at = this.#next[at] ?? -1
    }
  }

  #slot(view: DataView, at: number): number {
    const low = view.getUint32(at, true)
    const high = view.getUint32(at + 4, true)
    return (
      (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ (Math.imul(low ^ high, 0xc2b2ae35) >>> 15)) >>>
      this.#shift
    )
  }
}

/** Bytes that are equal from two places on. */
export function commonLength(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): number {
  const most = Math.min(a.length - aAt, b.length - bAt)
  let n = 0
  while (n < most && a[aAt + n] === b[bAt + n]) n++
  return n
}

/** One step of a patch: `add` bytes of the base from `from`, with differences, then `insert` new bytes. */
export interface Step {
  readonly from: number
  readonly add: number
  readonly insert: number
}

/**
 * Describes `next` as ranges of `base` that differ in few bytes, and inserted bytes: bsdiff (C. Percival, "Naive differences of executable code", 2003) with a
 * seed index in place of the suffix array, so that memory stays at 8 bytes a base byte and time linear.
 */
export function matchSteps(base: Uint8Array, next: Uint8Array): readonly Step[] {
  const index = new SeedIndex(base)
  const view = new DataView(next.buffer, next.byteOffset, next.byteLength)
  const steps: Step[] = []
  const found: Found = { at: 0, length: 0 }
  let scan = 0
  let lastScan = 0
  let lastAt = 0
  let lastOffset = 0
  found.length = 0
  let length = 0
  while (scan < next.length) {
    let oldScore = 0
    scan += length
    let scored = scan
    let alignedEnd = scan
    length = 0
    for (; scan < next.length; scan++) {
      // The alignment at hand first: almost always it is the longest.
      const aligned = scan + lastOffset
      let at = aligned
      if (scan >= alignedEnd) {
        alignedEnd = aligned >= 0 && aligned < base.length ? scan + commonLength(base, aligned, next, scan) : scan
      }
      length = alignedEnd - scan
      if (length < 2 * SEED_BYTES) {
        index.find(next, view, scan, aligned, found)
        if (found.length > length) {
          length = found.length
          at = found.at
        }
      }
      found.at = at
      for (; scored < scan + length; scored++) {
        if (scored + lastOffset < base.length && base[scored + lastOffset] === next[scored]) oldScore++
      }
      if ((length === oldScore && length !== 0) || length > oldScore + GAIN_BYTES) break
      if (scan + lastOffset < base.length && base[scan + lastOffset] === next[scan]) oldScore--
    }
    if (length === oldScore && scan < next.length) continue
    // From the last match forward, and from this one backward, as far as more than half of the bytes are equal.
    const forward = extendForward(base, lastAt, next, lastScan, scan)
    const backward = scan < next.length ? extendBackward(base, found.at, next, scan, lastScan) : 0
    const { add, back } = withoutOverlap({ base, lastAt, next, lastScan, scan, at: found.at, forward, backward })
    steps.push({ from: lastAt, add, insert: scan - back - (lastScan + add) })
    lastScan = scan - back
    lastAt = found.at - back
    lastOffset = found.at - scan
  }
  if (lastScan < next.length) {
    const add = extendForward(base, lastAt, next, lastScan, next.length)
    steps.push({ from: lastAt, add, insert: next.length - lastScan - add })
  }
  return steps
}

function extendForward(base: Uint8Array, baseAt: number, next: Uint8Array, nextAt: number, end: number): number {
  let [score, best, length] = [0, 0, 0]
  for (let i = 0; nextAt + i < end && baseAt + i < base.length;) {
    if (base[baseAt + i] === next[nextAt + i]) score++
    i++
    if (2 * score - i > 2 * best - length) [best, length] = [score, i]
  }
  return length
}

function extendBackward(base: Uint8Array, baseAt: number, next: Uint8Array, nextAt: number, start: number): number {
  let [score, best, length] = [0, 0, 0]
  for (let i = 1; nextAt - i >= start && baseAt - i >= 0; i++) {
    if (base[baseAt - i] === next[nextAt - i]) score++
    if (2 * score - i > 2 * best - length) [best, length] = [score, i]
  }
  return length
}

interface Overlap {
  readonly base: Uint8Array
  readonly lastAt: number
  readonly next: Uint8Array
  readonly lastScan: number
  readonly scan: number
  readonly at: number
  readonly forward: number
  readonly backward: number
}

/** Where both extensions cover the same bytes, they are parted where most bytes are equal. */
function withoutOverlap(o: Overlap): { readonly add: number; readonly back: number } {
  const overlap = o.lastScan + o.forward - (o.scan - o.backward)
  if (overlap <= 0) return { add: o.forward, back: o.backward }
  let [score, best, length] = [0, 0, 0]
  for (let i = 0; i < overlap; i++) {
    const at = o.lastScan + o.forward - overlap + i
    if (o.next[at] === o.base[o.lastAt + at - o.lastScan]) score++
    if (o.next[o.scan - o.backward + i] === o.base[o.at - o.backward + i]) score--
    if (score > best) [best, length] = [score, i + 1]
  }
  return { add: o.forward + length - overlap, back: o.backward - length }
}
