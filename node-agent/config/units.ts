const SIZE_BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const

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
