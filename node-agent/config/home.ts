import { chmodSync, lstatSync, mkdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { displayPath } from '../../protocol/ids/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { DEFAULTS } from './defaults.ts'

/** Who runs this process. */
export interface User {
  readonly uid: number
  readonly gid: number
}

/** What decides where the home is. */
export interface HomeSources {
  /** `--home`, as typed. */
  readonly flag: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly uid: number
  readonly cwd: string
  /** The user's own directory. */
  readonly userHome: string
}

/**
 * Absolute path of this node's home: `--home`, else `SHOAL_HOME`, else /var/lib/shoal for root, else `$XDG_DATA_HOME/shoal` or
 * `~/.local/share/shoal` (CFG-1). Looks at nothing on disk.
 * @throws USAGE when it was given as an empty path
 */
export function resolveHome(from: HomeSources): string {
  const given = from.flag ?? from.env['SHOAL_HOME']
  if (given !== undefined && (from.flag !== undefined || given !== '')) {
    if (given === '' || given.includes('\0')) throw new ShoalError('USAGE', '--home needs a directory')
    return resolve(from.cwd, given)
  }
  if (from.uid === 0) return DEFAULTS.rootHome
  const data = from.env['XDG_DATA_HOME']
  // The XDG specification: a relative path there is to be ignored.
  return data !== undefined && isAbsolute(data) ? join(data, 'shoal') : join(from.userHome, '.local', 'share', 'shoal')
}

/**
 * Makes sure that the home is a directory that only this user can change: creates it 0700 (with missing parents 0755), and refuses one that
 * somebody else could write to, own or replace, because keys lie in it (CFG-2, CFG-3).
 * @returns its real path, free of symlinks
 * @throws HOME_INVALID, HOME_INSECURE, NO_MESH (not there and not to be created); nothing was changed then
 */
export function prepareHome(home: string, user: User, mayCreate: boolean): string {
  try {
    return prepare(home, user, mayCreate)
  } catch (cause) {
    if (cause instanceof ShoalError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ShoalError('HOME_INVALID', `cannot use home ${quote(home)}: ${why}`, { cause })
  }
}

function prepare(path: string, user: User, mayCreate: boolean): string {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    if (!mayCreate) {
      throw new ShoalError(
        'NO_MESH',
        `there is no home ${quote(path)}; shoal mesh create or shoal join makes one, --home names another`,
      )
    }
    create(path, user)
  }
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined)
    throw new ShoalError('HOME_INVALID', `home ${quote(path)} is a symlink to nothing; nothing was changed`)
  if (!stat.isDirectory())
    throw new ShoalError('HOME_INVALID', `home ${quote(path)} is not a directory; nothing was changed`)
  const real = realpathSync(path)
  refuseInsecure(real, stat, user)
  return real
}

function create(path: string, user: User): void {
  const parent = dirname(path)
  let existing = parent
  while (lstatSync(existing, { throwIfNoEntry: false }) === undefined) existing = dirname(existing)
  checkParents(realpathSync(existing), user)
  mkdirSync(parent, { recursive: true, mode: 0o755 })
  mkdirSync(path, { mode: 0o700 })
  // The umask may have taken the owner's own bits away.
  chmodSync(path, 0o700)
}

function refuseInsecure(real: string, stat: Stats, user: User): void {
  if (stat.uid !== user.uid) {
    throw new ShoalError(
      'HOME_INSECURE',
      `home ${quote(real)} belongs to user ${stat.uid}, not to you (${user.uid}); nothing was changed`,
    )
  }
  if ((stat.mode & 0o022) !== 0) {
    throw new ShoalError(
      'HOME_INSECURE',
      `others can write to home ${quote(real)} (mode ${octal(stat.mode)}); nothing was changed. Check what is in it, then: chmod go-rwx ${quote(real)}`,
    )
  }
  checkParents(dirname(real), user)
}

/**
 * Whoever can write to a parent can put another directory in the home's place, unless the parent is sticky, as /tmp is. The user's own private
 * group does not count as others.
 */
function checkParents(from: string, user: User): void {
  for (let path = from; ; path = dirname(path)) {
    const { mode, gid } = statSync(path)
    const writable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== user.gid && gid !== 0)
    if (writable && (mode & 0o1000) === 0) {
      throw new ShoalError(
        'HOME_INSECURE',
        `others can write to ${quote(path)} (mode ${octal(mode)}) above the home, and so replace the home; nothing was changed`,
      )
    }
    if (path === '/') return
  }
}

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0')
const quote = (path: string): string => displayPath(Buffer.from(path).toString('latin1'))
