/** Seed of the gear table, part of the protocol: the first 32 bits of the fraction of the golden ratio. */
const SEED = 0x9e3779b9

/**
 * The 256 random 32-bit words of the Gear rolling hash (Xia et al., USENIX ATC 2016), made by the SplitMix32 generator from SEED, so that
 * the table needs no listing. A protocol constant: another table cuts the same bytes elsewhere.
 */
export function createGearTable(): Int32Array {
  const table = new Int32Array(256)
  let state = SEED | 0
  for (let i = 0; i < 256; i++) {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    table[i] = z ^ (z >>> 15)
  }
  return table
}
