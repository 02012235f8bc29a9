const TIME_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const

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

const hasOwn = <T extends object>(object: T, key: PropertyKey): key is keyof T => Object.hasOwn(object, key)
