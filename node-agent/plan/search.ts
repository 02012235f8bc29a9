import type { RarestFirst } from './rarest-first.ts'

/** Takes a chunk out of the order if it may be asked for now. @returns whether it did */
export type TryTake = (chunk: number) => boolean

/** Chunks up to this size are asked for together with their neighbours. */
const SMALL_BYTES = 32 * 1024

/**
 * Goes through the order, rarest first, until `full`.
 * @returns whether all of it was gone through
 */
export function takeRarest(
  order: RarestFirst,
  sizeOf: (chunk: number) => number,
  tryTake: TryTake,
  full: () => boolean,
): boolean {
  let place = 0
  while (!full() && place < order.size) {
    let chunk = order.at(place)
    // A taken item leaves its place to another one.
    if (!tryTake(chunk)) place++
    else {
      // Small neighbours go along: they lie together on the other side's disk, resemble each other, and travel in one pack.
      while (!full() && sizeOf(chunk) <= SMALL_BYTES && sizeOf(chunk + 1) <= SMALL_BYTES && tryTake(chunk + 1)) chunk++
    }
  }
  return place >= order.size
}

/**
 * Goes through what at most so many hold, until `full`.
 * @returns whether all of it was gone through
 */
export function takeFirst(order: RarestFirst, holders: number, tryTake: TryTake, full: () => boolean): boolean {
  let place = 0
  while (!full() && place < order.size && order.holders(order.at(place)) <= holders) {
    if (!tryTake(order.at(place))) place++
  }
  return !full()
}
