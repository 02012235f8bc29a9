import { ShoalError } from '../../protocol/index.ts'

/** Part of the prediction that does not grow with the number of steps, milliseconds. */
const FIXED_MS = 0.2
/** What a busy machine may add. */
const MARGIN = 1.5

/** Predicted window of an in-place commit, milliseconds. @param stepNs measured cost of one step on this file system, nanoseconds */
export const predictWindowMs = (steps: number, stepNs: number): number => FIXED_MS + (MARGIN * steps * stepNs) / 1e6

/**
 * Refuses a commit that would take longer than its release allows (COMMIT-22).
 * @throws WINDOW_EXCEEDED with the prediction, naming the strategies that would meet the limit: nothing was changed
 */
export function checkWindow(steps: number, stepNs: number, maxWindowMs: number | undefined): void {
  const predicted = predictWindowMs(steps, stepNs)
  if (maxWindowMs === undefined || predicted <= maxWindowMs) return
  throw new ShoalError(
    'WINDOW_EXCEEDED',
    `the release allows a window of ${maxWindowMs} ms; its ${steps} steps would take about ${predicted.toFixed(1)} ms in place. ` +
      'The strategies swap and generations switch with one step: `shoal target remove`, then `target add --strategy swap`. Nothing was changed',
  )
}
