import { QUERY_KEYS } from './keys.ts'
import type { NumberKey } from './types.ts'

const UNITS = {
  age: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 },
  bytes: { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
  count: { '': 1 },
} as const

const WANTED = {
  age: 'a time such as 10m, 2h or 3d',
  bytes: 'a size such as 512KiB or 2GiB',
  count: 'a whole number',
} as const

const kindOf = (key: NumberKey): keyof typeof UNITS => {
  const { kind } = QUERY_KEYS[key]
  return kind === 'age' || kind === 'bytes' ? kind : 'count'
}

/** The number that a value of `key` means; text that says what is wrong when it is none. */
export function parseAmount(text: string, key: NumberKey): number | string {
  const kind = kindOf(key)
  const [, digits, unit = ''] = /^(\d{1,15})([A-Za-z]*)$/.exec(text) ?? []
  const factor = digits === undefined ? undefined : new Map<string, number>(Object.entries(UNITS[kind])).get(unit)
  const value = factor === undefined ? Number.NaN : Number(digits) * factor
  return Number.isSafeInteger(value) ? value : `${JSON.stringify(text)} is not ${WANTED[kind]}`
}

/** The shortest text that parseAmount reads as the same number. */
export function amountText(value: number, key: NumberKey): string {
  const units = Object.entries(UNITS[kindOf(key)]).toSorted(([, a], [, b]) => b - a)
  const [unit, factor] = units.find(([, size]) => value >= size && value % size === 0) ?? units.at(-1) ?? ['', 1]
  return `${value / factor}${unit}`
}
