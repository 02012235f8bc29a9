import { parse } from 'smol-toml'

/** Keys and array indices that lead to a value. */
export type TomlPath = readonly (string | number)[]

/**
 * Line (from 1) at which the value at `path` begins in TOML text that parses. The parser keeps no positions, so it is asked again: the value
 * begins after the last readable prefix of lines that lacks it (CFG-5). Only called to word an error. A path that is not there (a missing key) gets
 * the line of its nearest parent, the document itself line 1.
 */
export function locate(text: string, path: TomlPath): number {
  const lines = text.split('\n')
  for (let depth = path.length; depth > 0; depth--) {
    const line = firstLineWith(lines, path.slice(0, depth))
    if (line !== undefined) return line
  }
  return 1
}

function firstLineWith(lines: readonly string[], path: TomlPath): number | undefined {
  let readable = 0
  for (let end = 1; end <= lines.length; end++) {
    const document = tryParse(lines.slice(0, end).join('\n'))
    if (document === undefined) continue
    if (has(document, path)) return readable + 1
    readable = end
  }
  return undefined
}

function tryParse(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

function has(document: unknown, path: TomlPath): boolean {
  let value = document
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = Reflect.get(value, key)
  }
  return true
}
