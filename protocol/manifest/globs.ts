import { toByteString, type TreePath } from '../ids/index.ts'

/** One byte of a component: what may stand there. `star` is any run of bytes. */
type Token = 'star' | ((byte: number) => boolean)
/** One component of a glob; `'deep'` is `**`, any number of components. */
type Part = 'deep' | readonly Token[]

/**
 * What is wrong with a glob, in words; undefined when nothing is. Globs are text, from the root of the tree, one component between slashes:
 * `*` any bytes of one component, `?` one byte, `[a-z]` or `[!a-z]` one byte of a class, `\` takes the next character as it is, and `**` as a whole
 * component any number of components. `dir/**` is everything below `dir` and not `dir` itself.
 */
export function globFault(glob: string): string | undefined {
  if (glob === '') return 'is empty'
  if (glob.startsWith('/')) return 'must start at the root of the tree, without a slash'
  if (glob.endsWith('/')) return 'must not end with a slash; use dir/** for what is below'
  if (glob.includes('\0')) return 'holds a NUL'
  for (const part of glob.split('/')) {
    if (part === '') return 'has an empty component'
    if (part === '.' || part === '..') return `has a component ${part}`
    if (part.includes('**') && part !== '**') return 'has ** as part of a component; it must be a whole one'
    const fault = componentFault(part)
    if (fault !== undefined) return fault
  }
  return undefined
}

function componentFault(part: string): string | undefined {
  for (let i = 0; i < part.length; i++) {
    if (part[i] === '\\') {
      if (++i === part.length) return 'ends with a backslash'
      continue
    }
    if (part[i] !== '[') continue
    const end = classEnd(part, i)
    if (end < 0) return 'has a [ without its ]'
    if (/[^\x20-\x7e]/.test(part.slice(i, end))) return 'has a class of other than ASCII characters'
    i = end
  }
  return undefined
}

/** Index of the `]` of the class that starts at `at`; a `]` right after the `[` or `[!` is a member. -1 when there is none. */
const classEnd = (part: string, at: number): number => part.indexOf(']', at + (part[at + 1] === '!' ? 3 : 2))

/**
 * A matcher of paths by any of some globs; without globs nothing matches. Time is bounded by the product of path length and glob length.
 * @throws TypeError on a glob that `globFault` complains of: check first where people write them
 */
export function compileGlobs(globs: readonly string[]): (path: TreePath) => boolean {
  const compiled = globs.map((glob) => {
    const fault = globFault(glob)
    if (fault !== undefined) throw new TypeError(`the glob ${fault}`)
    return glob.split('/').map(toPart)
  })
  return (path) => {
    if (compiled.length === 0) return false
    const names = path.split('/')
    return compiled.some((parts) => matchParts(parts, names))
  }
}

function toPart(part: string): Part {
  if (part === '**') return 'deep'
  const bytes = toByteString(new TextEncoder().encode(part))
  const tokens: Token[] = []
  for (let i = 0; i < bytes.length; i++) {
    const char = bytes[i]
    if (char === '*') tokens.push('star')
    else if (char === '?') tokens.push(() => true)
    else if (char === '[') {
      const end = classEnd(bytes, i)
      tokens.push(toClass(bytes.slice(i + 1, end)))
      i = end
    } else {
      const wanted = bytes.charCodeAt(char === '\\' ? ++i : i)
      tokens.push((byte) => byte === wanted)
    }
  }
  return tokens
}

function toClass(text: string): (byte: number) => boolean {
  const negated = text.startsWith('!')
  const members = new Set<number>()
  for (let i = negated ? 1 : 0; i < text.length; i++) {
    const from = text.charCodeAt(i)
    const range = text[i + 1] === '-' && i + 2 < text.length
    const to = range ? text.charCodeAt(i + 2) : from
    for (let byte = from; byte <= to; byte++) members.add(byte)
    if (range) i += 2
  }
  return (byte) => members.has(byte) !== negated
}

const matchParts = (parts: readonly Part[], names: readonly string[]): boolean =>
  matchWild(
    parts,
    names.length,
    (part) => part === 'deep',
    (part, i) => part !== 'deep' && matchName(part, names[i] ?? ''),
    // `dir/**` is what lies below dir, and not dir.
    false,
  )

const matchName = (tokens: readonly Token[], name: string): boolean =>
  matchWild(
    tokens,
    name.length,
    (token) => token === 'star',
    (token, i) => token !== 'star' && token(name.charCodeAt(i)),
    true,
  )

/**
 * Wildcard matching that goes back to the last wildcard only, which is enough: an earlier one cannot help.
 * @param emptyTail a wildcard at the end may stand for nothing
 */
function matchWild<T>(
  pattern: readonly T[],
  length: number,
  isWild: (item: T) => boolean,
  matches: (item: T, index: number) => boolean,
  emptyTail: boolean,
): boolean {
  let [at, i, wildAt, wildIndex] = [0, 0, -1, 0]
  while (i < length) {
    const item = pattern[at]
    if (item !== undefined && isWild(item)) {
      ;[wildAt, wildIndex] = [at++, i]
    } else if (item !== undefined && matches(item, i)) {
      at++
      i++
    } else if (wildAt >= 0) {
      i = ++wildIndex
      at = wildAt + 1
    } else return false
  }
  return at === pattern.length || (emptyTail && pattern.slice(at).every(isWild))
}
