import type { Digest, HeadBody } from '../../protocol/index.ts'
import type { DeltaChains, DeltaStep } from '../delta/index.ts'
import type { ManifestStore } from '../store/index.ts'

/** How a release is made from one that is here: deltas one after another, the last of which leads to it. Empty for no way but whole chunks. */
export type DeltaPath = readonly DeltaStep[]

export interface PathDeps {
  readonly manifests: Pick<ManifestStore, 'has'>
  readonly chains: DeltaChains
}

/**
 * The way to a head's release that costs this host least: its own delta; else a chain that a member offers, or a delta that one makes; else the smallest
 * delta whose base's manifest is still known here. No member is asked before the head's own deltas were looked at.
 * @throws CANCELLED
 */
export async function findDeltaPath(
  { manifests, chains }: PathDeps,
  head: Pick<HeadBody, 'deltas' | 'manifest' | 'manifestBytes'>,
  current: Digest | undefined,
  signal: AbortSignal,
): Promise<DeltaPath> {
  if (head.manifest === current) return []
  const { manifest: to, manifestBytes } = head
  const steps = head.deltas.map((ref) => ({ ...ref, to, manifestBytes }))
  const own = steps.find(({ from }) => from === current)
  if (own !== undefined) return [own]
  const chain = current === undefined ? [] : await chains.ask(current, to, signal)
  if (chain.length > 0) return chain
  for (const step of steps.toSorted((a, b) => a.bytes - b.bytes)) if (await manifests.has(step.from)) return [step]
  return []
}
