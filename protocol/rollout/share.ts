/**
 * Where a host stands among all, for one release: uniform in [0, 1), the same on every node and in every version of the program (ROLLOUT-2).
 * Names are given by enrollers, so that nothing cryptographic is needed: FNV-1a over the characters, then the finaliser of MurmurHash3.
 */
export function shareOf(seed: string, host: string): number {
  let h = 0x811c9dc5
  for (const text of [seed, '\n', host]) {
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}
