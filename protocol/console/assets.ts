/** A file of the built console. */
export interface Asset {
  /** Below the folder of the built renderer, parts joined by `/`: `assets/index-1a2b.js`. Never absolute, never upwards. */
  readonly name: string
  readonly type: string
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html; charset=utf-8'],
  ['js', 'text/javascript; charset=utf-8'],
  ['css', 'text/css; charset=utf-8'],
  ['svg', 'image/svg+xml'],
  ['png', 'image/png'],
  ['woff2', 'font/woff2'],
])

/** Longest path of a URL that is looked at; those of the build are far shorter. */
const PATH_LENGTH = 512

/** What a build names its files; no part can be `.` or `..`, hold a separator, or start with a dot. */
const PART = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

/** The file that a URL's path names; undefined for anything that is not plainly one of the console's (CONSOLE-4). Pure and total. */
export function assetOf(pathname: string): Asset | undefined {
  if (pathname.length > PATH_LENGTH || !pathname.startsWith('/')) return undefined
  // Percent signs never occur in the names of a build, so nothing is decoded, and nothing can hide in an encoding.
  const parts = pathname === '/' ? ['index.html'] : pathname.slice(1).split('/')
  if (!parts.every((part) => PART.test(part))) return undefined
  const name = parts.join('/')
  const type = TYPES.get(name.slice(name.lastIndexOf('.') + 1))
  return type === undefined ? undefined : { name, type }
}
