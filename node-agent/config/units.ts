const TIME_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const
const SIZE_BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const

/**
 * Milliseconds of a duration such as `10m`, `24h`, `90d` (units ms, s, m, h, d, w; parts may follow each other: `1h30m`), or undefined when
 * it is none. A number without a unit is none: nobody can tell what it means.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) return undefined
  let total = 0
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)) {
    if (unit === undefined || !hasOwn(TIME_MS, unit)) return undefined
    total += Number(digits) * TIME_MS[unit]
  }
  return Number.isSafeInteger(total) ? total : undefined
}

/** Bytes of a size such as `512B`, `10MiB`, `2GiB` (IEC units only; `10MB` is none, because half of all people mean the other), or undefined. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d+)(B|KiB|MiB|GiB|TiB)$/.exec(text) ?? []
  if (unit === undefined || !hasOwn(SIZE_BYTES, unit)) return undefined
  const total = Number(digits) * SIZE_BYTES[unit]
  return Number.isSafeInteger(total) ? total : undefined
}

/** Minutes since midnight of both ends of a part of the day such as `22:00-06:00`, or undefined when it is none. Ends that are equal are none: nobody can tell whether they mean all or nothing. */
export function parseHours(text: string): { readonly from: number; readonly to: number } | undefined {
  const found = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (found === null) return undefined
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = found.slice(1).map(Number)
  const [from, to] = [60 * fromHour + fromMinute, 60 * toHour + toMinute]
  return from === to ? undefined : { from, to }
}

/** `1d 2h`, `10m`, `1.5s`, `20ms`: at most two units. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)}ms`
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))}s`
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  let left = Math.round(ms / 1_000) * 1_000
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(left / size)
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
    left -= count * size
  }
  return parts.join(' ')
}

/** `812 B`, `1.4 MiB`: IEC units, three digits. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const shown = unit === 0 ? String(Math.round(value)) : value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
  return `${shown} ${units[unit] ?? 'B'}`
}

const hasOwn = <T extends object>(object: T, key: PropertyKey): key is keyof T => Object.hasOwn(object, key)
