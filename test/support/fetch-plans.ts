import { FetchPlan, type FetchPlanInit } from '../../node-agent/plan/fetch-plan.ts'
import { parseDigest, type PeerKey } from '../../protocol/index.ts'
import { seededRng } from './test-mesh.ts'

export const SIZE = 1_000
export const peer = (name: string): PeerKey => name as PeerKey
export const [NEAR, NEAR2, FAR, FAR2] = ['near', 'near2', 'far', 'far2'].map(peer) as [
  PeerKey,
  PeerKey,
  PeerKey,
  PeerKey,
]

export const planOf = (count: number, init: Partial<FetchPlanInit> = {}): FetchPlan =>
  new FetchPlan({
    chunks: Array.from({ length: count }, (_, i) => ({
      digest: parseDigest(i.toString(16).padStart(64, '0')),
      size: SIZE,
    })),
    missing: Array.from({ length: count }, (_, i) => i),
    covered: true,
    rng: seededRng(1),
    lackRetryMs: 5_000,
    endGameShare: 0.01,
    ...init,
  })

/** A bitmap of some chunks. */
export function bits(count: number, has: (chunk: number) => boolean): Uint8Array {
  const map = new Uint8Array((count + 7) >> 3)
  for (let i = 0; i < count; i++) if (has(i)) map[i >> 3] = (map[i >> 3] ?? 0) | (1 << (i & 7))
  return map
}

export const every = (count: number): Uint8Array => bits(count, () => true)
