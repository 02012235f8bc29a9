import { baseName, caseClashes, type Entry, fromByteString, type Steps, type TreePath } from '../../protocol/index.ts'

const DEVICES = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const REFUSED = /[<>:"|?*\\\u0000-\u001f]/
const ASCII = /^\p{ASCII}*$/u
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Why other systems do not take a path's last name; undefined when they do. Pure. */
export function oddName(path: TreePath): string | undefined {
  const name = baseName(path)
  if (DEVICES.test(name)) return 'the name of a device on Windows'
  if (REFUSED.test(name)) return 'has a character that Windows does not take'
  if (name.endsWith('.') || name.endsWith(' ')) return 'ends with a dot or a blank, which Windows drops'
  if (ASCII.test(name)) return undefined
  try {
    utf8.decode(fromByteString(name))
  } catch {
    return 'is not UTF-8'
  }
  return undefined
}

/** Paths that a file system without case cannot hold beside another one, of which one at least is among `fresh`. Pure, in steps. */
export function* clashingPaths(
  entries: readonly Entry[],
  fresh: ReadonlySet<TreePath>,
): Steps<readonly (readonly [TreePath, TreePath])[]> {
  const clashes = yield* caseClashes(entries)
  return clashes.filter(([first, other]) => fresh.has(first) || fresh.has(other))
}
