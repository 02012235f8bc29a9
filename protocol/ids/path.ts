import { ShoalError } from '../errors/index.ts'

declare const brand: unique symbol

/**
 * A path inside a tree, kept exactly as the file system has it: every char code of the string is ONE BYTE (0 to 255), so names
 * that are not UTF-8 survive. Relative, components joined by `/`, no empty, `.` or `..` component; `''` is the root itself.
 * Comparing two with `<` compares their bytes.
 */
export type TreePath = string & { readonly [brand]: 'TreePath' }

/** The root of a tree. */
export const ROOT_PATH = '' as TreePath

/** Longest path and longest component that Linux takes, in bytes. */
export const MAX_PATH_BYTES = 4095
export const MAX_NAME_BYTES = 255

/**
 * Checks a byte string as a path in a tree.
 * @throws MANIFEST_PATH_ABSOLUTE, MANIFEST_PATH_ESCAPES, MANIFEST_PATH_NUL, MANIFEST_PATH_TOO_LONG, MANIFEST_PATH_INVALID
 */
export function parseTreePath(value: string): TreePath {
  if (value === '') return ROOT_PATH
  const fail = (code: PathCode, why: string): ShoalError => new ShoalError(code, `path ${quotePath(value)} ${why}`)
  if (value.length > MAX_PATH_BYTES) throw fail('MANIFEST_PATH_TOO_LONG', `is longer than ${MAX_PATH_BYTES} bytes`)
  if (value.startsWith('/')) throw fail('MANIFEST_PATH_ABSOLUTE', 'is absolute')
  // One pass without pieces: every path of a manifest goes through here.
  let from = 0
  for (let i = 0; i <= value.length; i++) {
    const code = i < value.length ? value.charCodeAt(i) : SLASH
    if (code === 0) throw fail('MANIFEST_PATH_NUL', 'contains a NUL byte')
    if (code > 255) throw fail('MANIFEST_PATH_INVALID', 'is not a byte string')
    if (code !== SLASH) continue
    const length = i - from
    if (length === 2 && value.startsWith('..', from)) throw fail('MANIFEST_PATH_ESCAPES', 'leaves the tree')
    if (length === 0 || (length === 1 && value.startsWith('.', from)))
      throw fail('MANIFEST_PATH_INVALID', 'has an empty or "." component')
    if (length > MAX_NAME_BYTES) throw fail('MANIFEST_PATH_TOO_LONG', `has a name longer than ${MAX_NAME_BYTES} bytes`)
    from = i + 1
  }
  return value as TreePath
}

const SLASH = 0x2f

type PathCode =
  | 'MANIFEST_PATH_ABSOLUTE'
  | 'MANIFEST_PATH_ESCAPES'
  | 'MANIFEST_PATH_NUL'
  | 'MANIFEST_PATH_TOO_LONG'
  | 'MANIFEST_PATH_INVALID'

/** Parent directory; the parent of a top-level name is the root. The root has no parent: it is returned itself. */
export function parentPath(path: TreePath): TreePath {
  const slash = path.lastIndexOf('/')
  return (slash < 0 ? '' : path.slice(0, slash)) as TreePath
}

/** Last component; `''` for the root. */
export const baseName = (path: TreePath): string => path.slice(path.lastIndexOf('/') + 1)

/** Child of a directory. `name` must be one component, as a byte string. */
export const joinPath = (directory: TreePath, name: string): TreePath =>
  (directory === '' || name === '' ? `${directory}${name}` : `${directory}/${name}`) as TreePath

/** True when `path` lies strictly below `directory`. */
export const isBelow = (path: TreePath, directory: TreePath): boolean =>
  directory === '' ? path !== '' : path.length > directory.length + 1 && path.startsWith(`${directory}/`)

/** Byte string of raw bytes (a readdir result, a CBOR field). */
export const toByteString = (bytes: Uint8Array): string => byteStringOf(bytes, 0, bytes.length)

/** Byte string of the bytes from `from` up to `to`. */
export function byteStringOf(bytes: Uint8Array, from: number, to: number): string {
  let out = ''
  for (let at = from; at < to; at += 4096) {
    const codes: number[] = []
    for (let i = at; i < Math.min(to, at + 4096); i++) codes.push(bytes[i] ?? 0)
    const piece = String.fromCharCode(...codes)
    out = at === from ? piece : out + piece
  }
  return out
}

/** Raw bytes of a byte string. */
export function fromByteString(text: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i)
  return out
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
/** What is shown as it is: printable ASCII but the backslash. */
const PLAIN = /^[ -[\]-~]*$/

/**
 * Printable form of a byte string for terminals, logs and the console: valid UTF-8 is shown as text; control characters, bidirectional
 * overrides, backslashes and bytes that are not UTF-8 are escaped as `\xNN` or `\u{…}`, so that no name can forge a line or an escape code (PATH-4).
 */
export function displayPath(path: string): string {
  if (path === '') return '.'
  if (PLAIN.test(path)) return path
  let out = ''
  for (let i = 0; i < path.length;) {
    const length = sequenceLength(path.charCodeAt(i))
    const raw = path.slice(i, i + length)
    const text = decode(raw)
    out += text === undefined ? escapeByte(path.charCodeAt(i)) : escapeText(text)
    i += text === undefined ? 1 : length
  }
  return out
}

const sequenceLength = (byte: number): number => (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1)
const escapeByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`

function decode(raw: string): string | undefined {
  try {
    return utf8.decode(fromByteString(raw))
  } catch {
    return undefined
  }
}

/** One decoded character; `\p{C}` covers control, format (bidi overrides), private and unassigned code points. */
function escapeText(char: string): string {
  if (char === '\\') return '\\\\'
  if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(char)) return char
  const code = char.codePointAt(0) ?? 0
  return code < 128 ? escapeByte(code) : `\\u{${code.toString(16)}}`
}

/** `displayPath` in quotes and cut to a length fit for an error message. */
export function quotePath(path: string): string {
  const shown = displayPath(path.slice(0, 200))
  return `"${shown.replaceAll('"', '\\"')}${path.length > 200 ? '…' : ''}"`
}
