import { type DeltaRef, type Digest, type HeadBody, LIMITS } from '../../protocol/index.ts'

/** A delta and the release that it leads to. */
export interface DeltaStep extends DeltaRef {
  readonly to: Digest
  /** Bytes of that release's manifest. */
  readonly manifestBytes: number
}

/** The deltas that heads name. */
export const stepsOf = (
  heads: readonly { readonly body: Pick<HeadBody, 'deltas' | 'manifest' | 'manifestBytes'> }[],
): readonly DeltaStep[] =>
  heads.flatMap(({ body: { deltas, manifest: to, manifestBytes } }) =>
    deltas.map((ref) => ({ ...ref, to, manifestBytes })),
  )

/**
 * The chain of fewest bytes from one release to another, at most LIMITS.deltasPerChain long; empty when there is none. Pure. Shortest paths of bounded length
 * (Bellman and Ford): heads name few deltas each.
 */
export function cheapestChain(steps: readonly DeltaStep[], from: Digest, to: Digest): readonly DeltaStep[] {
  let best = new Map<Digest, { readonly bytes: number; readonly chain: readonly DeltaStep[] }>([
    [from, { bytes: 0, chain: [] }],
  ])
  for (let length = 0; length < LIMITS.deltasPerChain; length++) {
    const next = new Map(best)
    for (const step of steps) {
      const before = best.get(step.from)
      if (before === undefined) continue
      const bytes = before.bytes + step.bytes
      if (bytes < (next.get(step.to)?.bytes ?? Number.POSITIVE_INFINITY))
        next.set(step.to, { bytes, chain: [...before.chain, step] })
    }
    best = next
  }
  return best.get(to)?.chain ?? []
}

/** Whether deltas follow each other from one release to another. */
export function isChain(steps: readonly DeltaStep[], from: Digest, to: Digest): boolean {
  let at = from
  for (const step of steps) {
    if (step.from !== at) return false
    at = step.to
  }
  return steps.length > 0 && at === to
}
