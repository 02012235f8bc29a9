import { realpathSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { TargetRow } from '../../protocol/control/index.ts'
import { isShoalError, joinPath, parseTreePath, ShoalError } from '../../protocol/index.ts'
import { formatDuration } from '../config/index.ts'
import { type FsCapabilities, openTreeRoot, probeCapabilities } from '../fs/index.ts'
import { findingsOf } from './finding.ts'
import { type Mount, mountOf, mountsBelow } from './mounts.ts'
import { checkSpace } from './space.ts'
import type { Finding } from './types.ts'

/** Names shown of many. */
const MAX_NAMED = 5
const OWN = parseTreePath('.shoal')
/** Here capabilities are tried. */
const PROBE = joinPath(OWN, 'doctor')

/** What is lost where a file system lacks something. Sharing blocks is no guarantee, and costs none. */
const WEAKER: Readonly<Record<keyof Omit<FsCapabilities, 'reflink' | 'beneath'>, string>> = {
  exchange:
    'two names cannot change places: a file that a local program replaces in the very moment of the commit is overwritten, and a release that turns a directory into something else is refused',
  noReplace: 'a rename cannot refuse to replace: an empty directory made in the very moment of the commit is replaced',
  hardlinks: 'a file cannot have two names: releases with hardlinks are refused, and changed files may be',
  xattrs: 'files have no extended attributes: they are left out and reported',
}

export interface TargetInit {
  readonly mounts: readonly Mount[]
  readonly shared: (root: string) => boolean
  /** Grace where other machines may hold files. Milliseconds. */
  readonly networkGraceMs: number
}

/** One target: its root, file system, space, and what a commit there can promise (DOCTOR-7, DOCTOR-8). */
export function checkTarget(target: TargetRow, init: TargetInit): readonly Finding[] {
  const say = findingsOf('target', target.channel)
  const root = realRoot(target.root)
  if (root === undefined) return [missing(target, say)]
  if (!statSync(root).isDirectory())
    return [say.fail(`${target.root} is not a directory`, 'move it away, or name another root')]
  // A tree that is replaced as a whole is renamed where its name lies.
  const at = target.strategy === 'in-place' ? root : realpathSync(dirname(target.root))
  const mount = mountOf(init.mounts, at)
  const inside = mountsBelow(init.mounts, root)
  return [
    say.ok(`${root}, ${target.strategy}, on ${mount?.type ?? 'an unknown file system'}`),
    checkSpace(at, say),
    ...(inside.length === 0 ? [] : [mountedInside(inside, say)]),
    ...(init.shared(root) ? [sharedRoot(mount?.type, init, say)] : []),
    ...promises(at, mount, say),
  ]
}

type Say = ReturnType<typeof findingsOf>

const realRoot = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function missing({ root, strategy }: TargetRow, { ok, fail }: Say): Finding {
  const parent = realRoot(dirname(root))
  if (parent === undefined || !statSync(parent).isDirectory())
    return fail(`neither ${root} nor the directory it would be in is there`, `make ${dirname(root)}`)
  return ok(`${root} (${strategy}) is not there yet: the first commit makes it in ${parent}`)
}

function mountedInside(points: readonly string[], { warn }: Say): Finding {
  const named = points.slice(0, MAX_NAMED).join(', ')
  const more = points.length > MAX_NAMED ? ` and ${points.length - MAX_NAMED} more` : ''
  const advice = 'keep releases out of these directories, or make them targets of their own'
  return warn(`other file systems are mounted inside: ${named}${more}; a release with paths there is refused`, advice)
}

function sharedRoot(type: string | undefined, { networkGraceMs }: TargetInit, { warn }: Say): Finding {
  const grace = formatDuration(networkGraceMs)
  const found = `other machines may use these files (${type ?? 'unknown'}, or exported): replaced files are kept for ${grace}, the grace of networks`
  return warn(
    found,
    'check that no user elsewhere needs replaced files for longer; networkGrace in config.toml sets it',
  )
}

/** Tries what the file system can, in a directory of its own that is gone afterwards. */
function promises(at: string, mount: Mount | undefined, say: Say): readonly Finding[] {
  try {
    if (mount?.readOnly === true) throw new ShoalError('TARGET_READ_ONLY', 'mounted read-only')
    const can = probe(at)
    const weaker = [
      ...(can.exchange ? [] : [WEAKER.exchange]),
      ...(can.noReplace ? [] : [WEAKER.noReplace]),
      ...(can.hardlinks ? [] : [WEAKER.hardlinks]),
      ...(can.xattrs ? [] : [WEAKER.xattrs]),
    ]
    if (weaker.length > 0) return weaker.map((words) => say.warn(words, 'put the tree on ext4, xfs or btrfs'))
    return [say.ok(`writable; commits give every guarantee${can.reflink ? ', and files share blocks' : ''}`)]
  } catch (err) {
    if (!isShoalError(err)) throw err
    return [say.fail(`nothing can be committed at ${at}: ${err.message}`, 'let the agent’s user write there')]
  }
}

function probe(at: string): FsCapabilities {
  const root = openTreeRoot(at)
  try {
    const own = root.lstat(OWN)
    if (own !== undefined && (own.kind !== 'directory' || own.uid !== process.geteuid?.()))
      throw new ShoalError('TARGET_ROOT_INVALID', `.shoal in ${basename(at)} is not this agent’s directory`)
    if (own === undefined) root.mkdir(OWN, 0o700)
    try {
      // Left by a look that was cut off.
      if (root.lstat(PROBE) === undefined) root.mkdir(PROBE, 0o700)
      const found = probeCapabilities(root, PROBE)
      root.rmdir(PROBE)
      return found
    } finally {
      if (own === undefined) leave(() => root.rmdir(OWN))
    }
  } finally {
    root.close()
  }
}

/** The agent may have begun to use the directory meanwhile: then it stays. */
function leave(remove: () => void): void {
  try {
    remove()
  } catch (err) {
    if (!isShoalError(err)) throw err
  }
}
