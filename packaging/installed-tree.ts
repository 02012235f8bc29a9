import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What an installed package leaves out: by its kind, never by a folder's name, which modules may be in. */
const LEFT_OUT =
  /\.(?:map|md|ts|mts|cts|flow|wat|cc|hh|h|c|gypi?)$|\/index\.min\.js$|\/prebuilds\/(?!linux-x64)|musl_x64|\.musl\.node$/

interface Part {
  /** Below the root: `node_modules/zod`. */
  readonly path: string
  copy(target: string): void
}

/** Packages that the agent needs to run, its Node.js included, as npm installed them in `root`: from package-lock.json, without those for development. */
export function installedTree(root: string): readonly Part[] {
  const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const packages: unknown = typeof lock === 'object' && lock !== null ? Reflect.get(lock, 'packages') : undefined
  if (typeof packages !== 'object' || packages === null) throw new Error('package-lock.json lists no packages')
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && isNeeded(entry) && existsSync(join(root, path)))
    .map(([path]) => ({ path, copy: (target: string) => copyPackage(join(root, path), target) }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

const isNeeded = (entry: unknown): boolean =>
  typeof entry === 'object' &&
  entry !== null &&
  Reflect.get(entry, 'dev') !== true &&
  Reflect.get(entry, 'devOptional') !== true

function copyPackage(source: string, target: string): void {
  cpSync(source, target, {
    recursive: true,
    filter: (path) => {
      const inside = path.slice(source.length)
      // Packages inside packages are parts of their own.
      return !inside.startsWith('/node_modules') && (/licen[cs]e/i.test(inside) || !LEFT_OUT.test(inside))
    },
  })
}
