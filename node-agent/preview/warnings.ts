import {
  displayPath,
  type Entry,
  type Manifest,
  type ShoalError,
  type Steps,
  type TreePath,
} from '../../protocol/index.ts'
import { PREVIEW_WARNINGS, type PreviewWarning, type PreviewWarningKind } from '../../protocol/control/index.ts'
import { type Difference, riskOf } from '../publish/diff.ts'
import type { ContentLook } from './content-look.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import { clashingPaths, oddName } from './names.ts'
import { secretName } from './secrets.ts'

export interface WarningsInput {
  readonly previous: Manifest | undefined
  readonly next: Manifest
  readonly difference: Difference
  /** Absolute path of the folder, a byte string. */
  readonly root: string
  /** What was left out because it could not be read, or cannot be published, and why. */
  readonly problems: ReadonlyMap<TreePath, ShoalError>
  readonly looks: ReadonlyMap<TreePath, ContentLook>
  /** About shoal.toml, in words. */
  readonly settings: readonly string[]
}

interface Named {
  readonly path: TreePath
  readonly why: string
}

/** What a publisher probably did not mean, or cannot do; the worst first, each kind once. Only what is new or changed is warned of. Pure, in steps (PREV-5). */
export function* previewWarnings(input: WarningsInput): Steps<readonly PreviewWarning[]> {
  const { next, difference, looks } = input
  const present = difference.rows.filter(({ what }) => what !== 'removed')
  const fresh = new Set(present.filter(({ what }) => what !== 'changed').map(({ path }) => path))
  const named = (why: (path: TreePath) => string | undefined, rows = present): readonly Named[] =>
    rows.flatMap(({ path }) => {
      const reason = why(path)
      return reason === undefined ? [] : [{ path, why: reason }]
    })
  const files = present.filter(({ kind }) => kind === 'file')
  const secrets = named((path) => secretName(path) ?? heldSecret(looks.get(path)), files)
  const risky = (risk: 'setuid' | 'escaping' | 'dangling', why: string): readonly Named[] =>
    present.flatMap((row) => (row.risk === risk ? [{ path: row.path, why }] : []))
  yield
  const clashes = clashingPaths(next.entries, fresh).map(([first, path]) => ({
    path,
    why: `beside ${displayPath(first)}`,
  }))
  yield
  const newNames = present.filter(({ path }) => fresh.has(path))
  const odd = named(oddName, newNames)
  yield
  const capable = capabilities(input)
  yield
  const broken = newlyDangling(input)
  const large = files.flatMap(({ path, sizeAfter, newBytes }) =>
    newBytes > 0 && (sizeAfter ?? 0) >= PREVIEW_LIMITS.largeBytes ? [{ path, why: 'is 1 GiB or more' }] : [],
  )
  const lists: readonly (readonly [PreviewWarningKind, string, readonly Named[]])[] = [
    ...problemLists(input.problems),
    ['secret', 'looks like a secret: every host of the channel would get it', secrets],
    ['setuid', 'runs as its owner or group, whoever starts it', risky('setuid', 'setuid or setgid')],
    ['capability', 'gives whoever starts it capabilities of the kernel', capable],
    ['deletes', 'a large part of the release would be removed', removed(difference)],
    [
      'escaping',
      'leads out of the tree: what is there differs from host to host',
      risky('escaping', 'a link out of the tree'),
    ],
    ['dangling', 'leads nowhere', [...risky('dangling', 'a link to nothing'), ...broken].toSorted(byPath)],
    ['case-clash', 'differs from another name only by case: file systems without case cannot hold both', clashes],
    ['name', 'has a name that other systems do not take', odd],
    ['large', 'is very large', large],
  ]
  return [
    ...lists.flatMap(([what, text, paths]) => (paths.length === 0 ? [] : [warningOf(what, text, paths)])),
    ...input.settings.map((text) => warningOf('release-file', text, [])),
  ]
}

function warningOf(what: PreviewWarningKind, text: string, paths: readonly Named[]): PreviewWarning {
  return {
    what,
    severity: PREVIEW_WARNINGS[what],
    text,
    count: paths.length,
    paths: paths.slice(0, PREVIEW_LIMITS.warningPaths),
  }
}

const heldSecret = (look: ContentLook | undefined): string | undefined =>
  look?.secret === undefined ? undefined : `holds ${look.secret}`

const byPath = (a: Named, b: Named): number => (a.path < b.path ? -1 : Number(a.path > b.path))

/** What stops a release, by kind. */
function problemLists(
  problems: ReadonlyMap<TreePath, ShoalError>,
): readonly (readonly [PreviewWarningKind, string, readonly Named[]])[] {
  const of = (kind: PreviewWarningKind): readonly Named[] =>
    [...problems]
      .flatMap(([path, error]) => (kindOf(error) === kind ? [{ path, why: error.message }] : []))
      .toSorted(byPath)
  return [
    ['unreadable', 'cannot be read', of('unreadable')],
    ['unsupported', 'cannot be part of a release', of('unsupported')],
    ['changing', 'changed while it was read', of('changing')],
  ]
}

function kindOf({ code }: ShoalError): 'unreadable' | 'unsupported' | 'changing' {
  if (code === 'SOURCE_CHANGED') return 'changing'
  const isOdd = code === 'SOURCE_UNSUPPORTED_ENTRY' || code === 'SOURCE_INVALID' || code === 'TARGET_CROSSES_FILESYSTEM'
  return isOdd ? 'unsupported' : 'unreadable'
}

const CAPABILITY = 'security.capability'

function capabilities({ difference, next, previous }: WarningsInput): readonly Named[] {
  const changed = new Set(difference.rows.map(({ path }) => path))
  const before = new Map(previous?.entries.filter(({ path }) => changed.has(path)).map((entry) => [entry.path, entry]))
  return next.entries.flatMap((entry) => {
    const value = changed.has(entry.path) ? capabilityOf(entry) : undefined
    if (value === undefined) return []
    const isNew = capabilityOf(before.get(entry.path)) !== value
    return [{ path: entry.path, why: isNew ? 'has new capabilities' : 'is changed and has capabilities' }]
  })
}

function capabilityOf(entry: Entry | undefined): string | undefined {
  if (entry?.kind !== 'file') return undefined
  return entry.xattrs.find(({ name }) => name === CAPABILITY)?.value.join()
}

function removed({ rows, manyRemoved }: Difference): readonly Named[] {
  if (!manyRemoved) return []
  return rows.flatMap(({ what, path }) => (what === 'removed' ? [{ path, why: 'would be removed' }] : []))
}

/** Links that stay as they are but lead nowhere any more. */
function newlyDangling({ previous, next, difference, root }: WarningsInput): readonly Named[] {
  if (previous === undefined || difference.rows.every(({ what }) => what !== 'removed' && what !== 'renamed')) return []
  const changed = new Set(difference.rows.map(({ path }) => path))
  const [before, after] = [riskOf(previous.entries, root), riskOf(next.entries, root)]
  return next.entries.flatMap((entry) => {
    const isBroken =
      entry.kind === 'symlink' &&
      !changed.has(entry.path) &&
      after(entry) === 'dangling' &&
      before(entry) !== 'dangling'
    return isBroken ? [{ path: entry.path, why: 'what it leads to would be removed' }] : []
  })
}
