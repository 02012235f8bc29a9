import { ShoalError } from '../errors/index.ts'

/**
 * What makes one frame's value of another: a new value in its place; members of an object, and names that it has no more; elements of an array, by their
 * places in pairs, and its length; bytes at places of a byte array of the same length.
 */
export type Change =
  | readonly [kind: 'value', value: unknown]
  | readonly [kind: 'object', members: Readonly<Record<string, unknown>>, gone: readonly string[]]
  | readonly [kind: 'array', length: number, pairs: readonly unknown[]]
  | readonly [kind: 'bytes', places: readonly number[], bytes: Uint8Array]

/** A value and what it costs: about its bytes as CBOR. */
interface Priced {
  /** undefined when nothing has changed. */
  readonly change: Change | undefined
  readonly bytes: number
  /** Of the whole value. */
  readonly whole: number
}

/** `['value', …]` and what stands around a value. */
const FRAME_BYTES = 8

/** The shortest change from one value to another; undefined for equal ones. Both are made of what a frame may hold. Pure (CTL-15). */
export const changeBetween = (before: unknown, after: unknown): Change | undefined => compare(before, after).change

function compare(before: unknown, after: unknown): Priced {
  if (after instanceof Uint8Array) return compareBytes(before, after)
  if (Array.isArray(after)) return compareArrays(before, after)
  if (typeof after === 'object' && after !== null) return compareObjects(before, after)
  const whole = priceOf(after)
  return Object.is(before, after) ? { change: undefined, bytes: 0, whole } : replaced(after, whole)
}

const replaced = (value: unknown, whole: number): Priced => ({
  change: ['value', value],
  bytes: whole + FRAME_BYTES,
  whole,
})

/** Whichever is shorter. */
const cheaper = (after: unknown, whole: number, change: Change, bytes: number): Priced =>
  bytes + FRAME_BYTES < whole ? { change, bytes: bytes + FRAME_BYTES, whole } : replaced(after, whole)

function compareBytes(before: unknown, after: Uint8Array): Priced {
  const whole = after.length + 3
  if (!(before instanceof Uint8Array) || before.length !== after.length) return replaced(after, whole)
  const places: number[] = []
  // Three bytes a place, and one of its own: with more changes the whole is shorter.
  for (let i = 0; i < after.length && 4 * places.length < after.length; i++) if (before[i] !== after[i]) places.push(i)
  if (places.length === 0) return { change: undefined, bytes: 0, whole }
  const bytes = Uint8Array.from(places, (place) => after[place] ?? 0)
  return cheaper(after, whole, ['bytes', places, bytes], 4 * places.length + 6)
}

function compareArrays(before: unknown, after: readonly unknown[]): Priced {
  const old: readonly unknown[] | undefined = Array.isArray(before) ? before : undefined
  const pairs: unknown[] = []
  let [whole, bytes] = [3, 6]
  for (const [i, value] of after.entries()) {
    const one = old !== undefined && i < old.length ? compare(old[i], value) : compare(undefined, value)
    whole += one.whole
    if (one.change === undefined) continue
    pairs.push(i, one.change)
    bytes += one.bytes + 2
  }
  if (old === undefined) return replaced(after, whole)
  if (pairs.length === 0 && old.length === after.length) return { change: undefined, bytes: 0, whole }
  return cheaper(after, whole, ['array', after.length, pairs], bytes)
}

function compareObjects(before: unknown, after: object): Priced {
  const old = isObject(before) ? new Map<string, unknown>(Object.entries(before)) : undefined
  const members: [string, Change][] = []
  let [whole, bytes] = [3, 6]
  for (const [key, value] of Object.entries(after)) {
    // A member that was never there has no value that a frame could hold.
    const one = compare(old?.get(key), value)
    whole += one.whole + key.length + 1
    old?.delete(key)
    if (one.change === undefined) continue
    members.push([key, one.change])
    bytes += one.bytes + key.length + 1
  }
  if (old === undefined) return replaced(after, whole)
  const gone = [...old.keys()]
  if (members.length === 0 && gone.length === 0) return { change: undefined, bytes: 0, whole }
  bytes += gone.reduce((sum, key) => sum + key.length + 1, 0)
  return cheaper(after, whole, ['object', Object.fromEntries(members), gone], bytes)
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

function priceOf(value: unknown): number {
  if (typeof value === 'string') return value.length + (value.length < 24 ? 1 : 3)
  if (typeof value !== 'number') return 1
  if (!Number.isInteger(value)) return 9
  const size = Math.abs(value)
  return size < 24 ? 1 : size < 256 ? 2 : size < 65_536 ? 3 : size < 2 ** 32 ? 5 : 9
}

const wrong = (): ShoalError => new ShoalError('WIRE_MALFORMED', 'control frame: a change of something else')

/** The value after a change; what has not changed in it is the very same as before. @throws WIRE_MALFORMED for what is no change of this value (CTL-7) */
export function applyChange(before: unknown, change: unknown): unknown {
  if (!Array.isArray(change)) throw wrong()
  const [kind, first, second]: readonly unknown[] = change
  switch (kind) {
    case 'value':
      return first
    case 'bytes':
      return applyBytes(before, first, second)
    case 'array':
      return applyArray(before, first, second)
    case 'object':
      return applyObject(before, first, second)
    default:
      throw wrong()
  }
}

function applyBytes(before: unknown, places: unknown, bytes: unknown): Uint8Array {
  if (!(before instanceof Uint8Array) || !(bytes instanceof Uint8Array) || !Array.isArray(places)) throw wrong()
  const after = Uint8Array.from(before)
  for (const [i, place] of places.entries()) after[placeIn(place, after.length)] = bytes[i] ?? 0
  return after
}

function applyArray(before: unknown, length: unknown, pairs: unknown): readonly unknown[] {
  if (!Array.isArray(before) || !Array.isArray(pairs) || pairs.length % 2 !== 0) throw wrong()
  const old: readonly unknown[] = before
  const most = old.length + pairs.length / 2
  const after = old.slice(0, placeIn(length, most + 1))
  for (let i = 0; i < pairs.length; i += 2) {
    // New ones follow in their order, so that there is never a hole.
    const place = placeIn(pairs[i], Math.min(after.length + 1, Number(length)))
    after[place] = applyChange(old[place], pairs[i + 1])
  }
  if (after.length !== length) throw wrong()
  return after
}

function applyObject(before: unknown, members: unknown, gone: unknown): object {
  if (!isObject(before) || !isObject(members) || !Array.isArray(gone)) throw wrong()
  const after = new Map<string, unknown>(Object.entries(before))
  for (const key of gone) if (typeof key !== 'string' || !after.delete(key)) throw wrong()
  for (const [key, change] of Object.entries(members)) after.set(key, applyChange(after.get(key), change))
  return Object.fromEntries(after)
}

function placeIn(place: unknown, length: number): number {
  if (typeof place !== 'number' || !Number.isInteger(place) || place < 0 || place >= length) throw wrong()
  return place
}
