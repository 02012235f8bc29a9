/** One retained folder, as far as the decision to delete it goes. */
export interface ReapCandidate {
  /** When it was displaced, milliseconds since the epoch. */
  readonly atMs: number
  readonly bytes: number
  /** Inodes in it that processes hold. */
  readonly held: number
}

export interface ReapPolicy {
  readonly graceMs: number
  /** Newest folders that a rollback needs. */
  readonly keep: number
  /** Most bytes that all of them may take. */
  readonly limitBytes: number
  /** Other machines may hold files open, which nobody can see here: not even pressure shortens the grace. */
  readonly shared: boolean
  /** The release that displaced the newest is settled. */
  readonly settled: boolean
}

/** What to delete now: indices into the candidates; and when to look again, milliseconds from now, undefined when nothing is left to wait for. */
export interface ReapPlan {
  readonly reap: readonly number[]
  readonly againMs: number | undefined
}

/**
 * Decides what of the retained goes (SETTLE-30 to 33). Pure. Never what is held; otherwise what is past its grace and not kept for a rollback; under
 * pressure the oldest first, whatever is kept.
 * @param candidates newest first
 */
export function planReap(candidates: readonly ReapCandidate[], policy: ReapPolicy, nowMs: number): ReapPlan {
  if (!policy.settled) return { reap: [], againMs: undefined }
  const reap = new Set<number>()
  let againMs: number | undefined
  const again = (ms: number): void => void (againMs = Math.min(againMs ?? ms, ms))
  for (const [i, { atMs, held }] of candidates.entries()) {
    if (i < policy.keep) continue
    const left = atMs + policy.graceMs - nowMs
    if (left > 0) again(left)
    else if (held > 0) again(policy.graceMs)
    else reap.add(i)
  }
  let bytes = candidates.reduce((sum, c, i) => sum + (reap.has(i) ? 0 : c.bytes), 0)
  for (const [i, { atMs, held, bytes: own }] of [...candidates.entries()].toReversed()) {
    if (bytes <= policy.limitBytes) break
    if (reap.has(i) || held > 0 || (policy.shared && atMs + policy.graceMs > nowMs)) continue
    reap.add(i)
    bytes -= own
  }
  return { reap: [...reap].toSorted((a, b) => a - b), againMs }
}
