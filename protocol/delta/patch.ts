import { ShoalError } from '../errors/index.ts'
import { matchSteps } from './match.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/** A patch as three streams, each of which compresses well for itself. */
export interface Patch {
  /** Per step: bytes to add (doubled; odd when all of them equal the base), bytes to insert, base position against the end of the step before. */
  readonly control: Uint8Array
  /** New minus old byte, modulo 256, of every added byte that may differ: mostly zeros. */
  readonly differences: Uint8Array
  /** Inserted bytes. */
  readonly inserts: Uint8Array
}

/** Describes `next` against `base`, both at most a window. Pure; memory about 10 bytes a byte of the base. */
export function makePatch(base: Uint8Array, next: Uint8Array): Patch {
  const steps = matchSteps(base, next)
  const control = new VarintWriter()
  const differences = new Uint8Array(steps.reduce((sum, { add }) => sum + add, 0))
  const inserts = new Uint8Array(next.length - differences.length)
  let [different, inserted, at, expected] = [0, 0, 0, 0]
  for (const { from, add, insert } of steps) {
    let any = 0
    for (let i = 0; i < add; i++) {
      const difference = (next[at + i] ?? 0) - (base[from + i] ?? 0)
      differences[different + i] = difference
      any |= difference
    }
    if (any !== 0) different += add
    at += add
    inserts.set(next.subarray(at, at + insert), inserted)
    inserted += insert
    at += insert
    control.write(2 * add + (any === 0 ? 1 : 0))
    control.write(insert)
    control.writeSigned(from - expected)
    expected = from + add
  }
  return { control: control.bytes(), differences: differences.slice(0, different), inserts }
}

const invalid = (why: string): ShoalError => new ShoalError('DELTA_INVALID', `a delta cannot be applied: ${why}`)

/**
 * The new bytes, exactly `size` of them. Reads hostile streams: whatever they say, nothing outside the base is read and nothing beyond `size` is made.
 * @throws DELTA_INVALID
 */
export function applyPatch(base: Uint8Array, { control, differences, inserts }: Patch, size: number): Uint8Array {
  const next = new Uint8Array(size)
  const steps = new VarintReader(control, invalid)
  let [different, inserted, at, expected] = [0, 0, 0, 0]
  while (!steps.done) {
    const [coded, insert] = [steps.read(2 * size + 1), steps.read(size)]
    const [add, exact] = [coded >>> 1, coded % 2 === 1]
    const from = expected + steps.readSigned(base.length)
    if (from < 0 || from + add > base.length) throw invalid('it reads outside its base')
    if (at + add + insert > size) throw invalid('it makes more than it states')
    next.set(base.subarray(from, from + add), at)
    if (!exact) {
      if (different + add > differences.length) throw invalid('it lacks differences')
      for (let i = 0; i < add; i++) next[at + i] = (next[at + i] ?? 0) + (differences[different + i] ?? 0)
      different += add
    }
    at += add
    if (inserted + insert > inserts.length) throw invalid('it lacks bytes to insert')
    next.set(inserts.subarray(inserted, inserted + insert), at)
    inserted += insert
    at += insert
    expected = from + add
  }
  if (at !== size || different !== differences.length || inserted !== inserts.length) {
    throw invalid('it does not make what it states')
  }
  return next
}
