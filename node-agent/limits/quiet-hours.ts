import type { QuietHours } from '../config/index.ts'

/** When a minute of the day comes next, not before `nowMs`, in the host's local time: a clock that is put forward or back is followed. */
function next(minute: number, nowMs: number): number {
  const now = new Date(nowMs)
  const at = (days: number): number =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 0, minute).getTime()
  return at(0) > nowMs ? at(0) : at(1)
}

const within = ({ from, to }: QuietHours, minute: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to

/**
 * When the quiet hours that hold now are over, milliseconds since the epoch; undefined when none hold. Hours that follow each other without a gap are one
 * (LIMIT-3).
 */
export function quietUntil(hours: readonly QuietHours[], nowMs: number): number | undefined {
  let until = nowMs
  // Each part can prolong the others once.
  for (let left = hours.length; left > 0; left--) {
    const now = new Date(until)
    const holds = hours.find((part) => within(part, now.getHours() * 60 + now.getMinutes()))
    if (holds === undefined) break
    until = next(holds.to, until)
  }
  return until === nowMs ? undefined : until
}

/** Date of the host's local day, `2026-03-29`. */
export function localDay(nowMs: number): string {
  const now = new Date(nowMs)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

/** The next local midnight, milliseconds since the epoch. */
export const nextDay = (nowMs: number): number => next(0, nowMs)
