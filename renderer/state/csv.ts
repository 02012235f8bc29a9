import { showText } from './text.ts'

/** Longest cell of an export, characters. */
const CELL_CHARS = 4096

/**
 * A cell that no spreadsheet takes for a formula: text that begins with `=`, `+`, `-`, `@`, a tab or a line's end is led by an apostrophe.
 * Numbers are left alone.
 */
function toCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = showText(value, { max: CELL_CHARS })
  const guarded = /^[=+\-@\t\r\n]/.test(value) ? `'${text}` : text
  return /[",\n\r]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/** Rows as RFC 4180 text, the names of the columns first. */
export const toCsv = (columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  [columns, ...rows].map((row) => `${row.map(toCell).join(',')}\r\n`).join('')
