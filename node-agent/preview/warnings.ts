import {
  displayPath,
  type Entry,
  type Manifest,
  PathFinder,
  pathIndex,
  type ShoalError,
  STEP_ITEMS,
  type Steps,
  type TreePath,
} from '../../protocol/index.ts'
import { PREVIEW_WARNINGS, type PreviewWarning, type PreviewWarningKind } from '../../protocol/control/index.ts'
import { type ChangeRow, type Difference, riskOf } from '../publish/diff.ts'
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
  const { previous, next, difference, looks } = input
  const present: ChangeRow[] = []
  const fresh = new Set<TreePath>()
  for (const [i, row] of difference.rows.entries()) {
    if (row.what !== 'removed') present.push(row)
    if (row.what === 'added' || row.what === 'renamed') fresh.add(row.path)
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  const secrets = yield* named(present, ({ kind, path }) =>
    kind === 'file' ? (secretName(path) ?? heldSecret(looks.get(path))) : undefined,
  )
  const risky = (risk: 'setuid' | 'escaping' | 'dangling', why: string): Steps<readonly Named[]> =>
    named(present, (row) => (row.risk === risk ? why : undefined))
  const setuid = yield* risky('setuid', 'setuid or setgid')
  const escaping = yield* risky('escaping', 'a link out of the tree')
  const dangling = yield* risky('dangling', 'a link to nothing')
  const clashes = (yield* clashingPaths(next.entries, fresh)).map(([first, path]) => ({
    path,
    why: `beside ${displayPath(first)}`,
  }))
  const odd = yield* named(present, ({ path }) => (fresh.has(path) ? oddName(path) : undefined))
  const capable = yield* named(present, capability(next.entries, previous?.entries ?? []))
  const broken = yield* newlyDangling(input)
  const large = yield* named(present, ({ kind, sizeAfter, newBytes }) =>
    kind === 'file' && newBytes > 0 && (sizeAfter ?? 0) >= PREVIEW_LIMITS.largeBytes ? 'is 1 GiB or more' : undefined,
  )
  const gone = difference.manyRemoved
    ? yield* named(difference.rows, ({ what }) => (what === 'removed' ? 'would be removed' : undefined))
    : []
  const lists: readonly (readonly [PreviewWarningKind, string, readonly Named[]])[] = [
    ...problemLists(input.problems),
    ['secret', 'looks like a secret: every host of the channel would get it', secrets],
    ['setuid', 'runs as its owner or group, whoever starts it', setuid],
    ['capability', 'gives whoever starts it capabilities of the kernel', capable],
    ['deletes', 'a large part of the release would be removed', gone],
    ['escaping', 'leads out of the tree: what is there differs from host to host', escaping],
    ['dangling', 'leads nowhere', [...dangling, ...broken].toSorted(byPath)],
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

/** Why a row deserves a look for its capabilities; asked in path order. */
function capability(next: readonly Entry[], previous: readonly Entry[]): (row: ChangeRow) => string | undefined {
  const [after, before] = [new PathFinder(() => next), new PathFinder(() => previous)]
  return ({ path }) => {
    const value = capabilityOf(next[after.indexOf(path)])
    if (value === undefined) return undefined
    const isNew = capabilityOf(previous[before.indexOf(path)]) !== value
    return isNew ? 'has new capabilities' : 'is changed and has capabilities'
  }
}

function capabilityOf(entry: Entry | undefined): string | undefined {
  if (entry?.kind !== 'file') return undefined
  return entry.xattrs.find(({ name }) => name === CAPABILITY)?.value.join()
}

/** Links that stay as they are but lead nowhere any more. */
function* newlyDangling({
  previous,
  next,
  difference: { rows, removed, renamed },
  root,
}: WarningsInput): Steps<readonly Named[]> {
  if (previous === undefined || removed + renamed === 0) return []
  const [before, after] = [riskOf(previous.entries, root), riskOf(next.entries, root)]
  return yield* named(next.entries, (entry) => {
    const isBroken =
      entry.kind === 'symlink' &&
      pathIndex(rows, entry.path) < 0 &&
      after(entry) === 'dangling' &&
      before(entry) !== 'dangling'
    return isBroken ? 'what it leads to would be removed' : undefined
  })
}

/** Those that deserve a look, each with why. */
function* named<T extends { readonly path: TreePath }>(
  list: readonly T[],
  why: (one: T) => string | undefined,
): Steps<readonly Named[]> {
  const found: Named[] = []
  for (const [i, one] of list.entries()) {
    const reason = why(one)
    if (reason !== undefined) found.push({ path: one.path, why: reason })
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  return found
}
