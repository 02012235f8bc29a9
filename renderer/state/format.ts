/** Numbers, sizes and times for people, by Intl. Pure: the present is a parameter. */

import { lazy } from './lazy.ts'

// The first of these that is made costs a browser tens of milliseconds.
const whole = lazy(() => new Intl.NumberFormat('en', { maximumFractionDigits: 0 }))
const oneDigit = lazy(() => new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 }))
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

export const formatCount = (value: number): string => whole().format(value)

/** `1 host`, `4,503 hosts`. */
export const countOf = (value: number, one: string, many = `${one}s`): string =>
  `${formatCount(value)} ${value === 1 ? one : many}`

/** `412 MiB`, `1.2 GiB`: IEC units, at most three digits. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit > 0 && value < 9.95 ? oneDigit().format(value) : whole().format(value)} ${UNITS[unit]}`
}

export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`

/** A share as a percentage that never says 100 before all of it is there, nor 0 once something is. */
export function formatShare(part: number, total: number): string {
  if (total <= 0) return '–'
  if (part >= total) return '100 %'
  if (part <= 0) return '0 %'
  const percent = (part / total) * 100
  if (percent < 0.1) return '< 0.1 %'
  if (percent >= 99) return `${oneDigit().format(Math.min(99.9, Math.floor(percent * 10) / 10))} %`
  return `${percent < 10 ? oneDigit().format(percent) : whole().format(Math.floor(percent))} %`
}

/** `0.4 ms`, `38 ms`, `0.8 s`, `12 s`, `4 min`, `2 h 10 min`, `3 d`. */
export function formatDuration(ms: number): string {
  if (ms <= 0) return '0 ms'
  if (ms < 9.95) return `${oneDigit().format(Math.max(0.1, ms))} ms`
  if (ms < 1000) return `${whole().format(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 10) return `${oneDigit().format(seconds)} s`
  if (seconds < 120) return `${whole().format(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.round(hours / 24)} d`
}

/** How old a piece of evidence is, in one unit: `now`, `12 s`, `5 min`, `3 h`, `9 d`. */
export function formatAge(seconds: number): string {
  if (seconds < 1) return 'now'
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${formatCount(Math.round(seconds / 86_400))} d`
}

/** `just now`, `12 s ago`. */
export const formatAgo = (seconds: number): string => (seconds < 1 ? 'just now' : `${formatAge(seconds)} ago`)

const clock = lazy(() => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }))
const dayAndClock = lazy(
  () =>
    new Intl.DateTimeFormat('en-GB', {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    }),
)
const dated = lazy(
  () =>
    new Intl.DateTimeFormat('en-GB', {
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    }),
)

/** Hours and minutes of a moment in local time. */
export const formatClock = (ms: number): string => clock().format(ms)

/** A moment in local time, as short as it may be: today only the clock, this year without the year. */
export function formatTime(ms: number, nowMs: number): string {
  const at = new Date(ms)
  const now = new Date(nowMs)
  if (at.toDateString() === now.toDateString()) return clock().format(at)
  return (at.getFullYear() === now.getFullYear() ? dayAndClock() : dated()).format(at)
}

/** What is shown on hover: the moment in UTC. */
export const formatUtc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Makes what the first figures need: in a task of its own, and not in the one that shows them. */
export function warmFormats(): void {
  formatCount(1)
  oneDigit()
  clock()
  dayAndClock()
}
