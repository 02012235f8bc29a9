import { ShoalError } from '../../protocol/errors/index.ts'

/**
 * Text from elsewhere (a message, a label, a host's error) as one harmless line: control characters, line ends, bidirectional overrides and
 * the like are escaped as `\u{…}`, so that no name can forge a line or move the cursor (CLI-6). Byte strings go through displayPath instead.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)

/** Columns that a text takes, near enough: wide East Asian characters count two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text)
    width += /\p{M}/u.test(char) ? 0 : /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(char) ? 2 : 1
  return width
}

/** A column: its title, and whether it is aligned to the right (numbers). */
export interface Column {
  readonly title: string
  readonly right?: boolean
}

/** Aligned lines with a heading, two spaces between columns, no trailing blanks. Cells must be printable already. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, i) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[i] ?? ''))))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const pad = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell)))
        return columns[i]?.right === true ? pad + cell : cell + pad
      })
      .join('  ')
      .trimEnd()
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].map((text) => `${text}\n`).join('')
}

/** `1 host`, `2 hosts`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Wrong usage; says what, and where to read more. */
export const usage = (message: string): ShoalError => new ShoalError('USAGE', message)
