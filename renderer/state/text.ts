import { formatCount } from './format.ts'

/** Longest name that is shown whole; the rest is cut with an ellipsis. */
const SHOWN_CHARS = 240

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\ud800-\udfff]/u

/**
 * Text from elsewhere (names, messages, errors) in a form that cannot forge anything on the page: control, format and bidirectional
 * characters are written out as `\u{…}`, and the length is capped. Lines are kept when `lines` is set.
 */
export function showText(text: string, init: { readonly max?: number; readonly lines?: boolean } = {}): string {
  const max = init.max ?? SHOWN_CHARS
  let out = ''
  let count = 0
  for (const char of text) {
    if (++count > max) return `${out}…`
    out += HIDDEN.test(char) && !(init.lines === true && (char === '\n' || char === '\t')) ? escape(char) : char
  }
  return out
}

const escape = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`

/** Names that a sentence lists before it counts the rest. */
const NAMED = 10

/** `oslo, lima and 4 more`. */
export function namesText(names: readonly string[], most = NAMED): string {
  const shown = names.slice(0, most).map((name) => showText(name, { max: 60 }))
  return names.length > most ? `${shown.join(', ')} and ${formatCount(names.length - most)} more` : shown.join(', ')
}

/** A digest, key or peer id short enough for a table; the whole is in the title and on the clipboard. */
export function shortId(id: string): string {
  const bare = id.startsWith('sha256-') ? id.slice(7) : id
  return bare.length <= 14 ? bare : `${bare.slice(0, 6)}…${bare.slice(-6)}`
}
