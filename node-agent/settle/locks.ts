import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { displayPath, toByteString } from '../../protocol/index.ts'
import { flockFile } from '../fs/index.ts'

/** Folder in the home whose files hold commits off while somebody has them locked with flock(2). */
const FOLDER = 'locks'

export interface LockHolder {
  /** Name of the file in HOME/locks. */
  readonly name: string
  /** undefined where the kernel does not tell: another container, or no /proc/locks. */
  readonly pid: number | undefined
  readonly command: string
}

/** Every lock is ours until `release`, or somebody holds some. */
export type LockOutcome = { readonly release: () => void } | { readonly held: readonly LockHolder[] }

/** Makes the folder, for this user alone, and the lock `commit` that is always there. */
export function ensureLocks(home: string): void {
  const folder = join(home, FOLDER)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  closeSync(openSync(join(folder, 'commit'), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600))
}

/** Takes every lock in HOME/locks without waiting, or none. @throws FILE_SYSTEM */
export function takeLocks(home: string): LockOutcome {
  const folder = join(home, FOLDER)
  const taken: (() => void)[] = []
  const held: LockHolder[] = []
  try {
    for (const name of readdirSync(folder).toSorted()) {
      const path = join(folder, name)
      if (!lstatSync(path).isFile()) continue
      const release = flockFile(path)
      if (release === undefined) held.push({ name: displayPath(toByteString(Buffer.from(name))), ...holderOf(path) })
      else taken.push(release)
    }
  } catch (err) {
    for (const release of taken) release()
    throw err
  }
  const release = (): void => taken.forEach((letGo) => letGo())
  if (held.length === 0) return { release }
  release()
  return { held }
}

/** Who holds a lock, from /proc/locks (proc(5)): `1: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> …`. */
function holderOf(path: string): Pick<LockHolder, 'pid' | 'command'> {
  const inode = String(lstatSync(path, { bigint: true }).ino)
  for (const line of read('/proc/locks').split('\n')) {
    const [, type, , , pid, where] = line.trim().split(/\s+/)
    if (type !== 'FLOCK' || where?.split(':')[2] !== inode || !(Number(pid) > 0)) continue
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
    return { pid: Number(pid), command: command === '' ? '' : displayPath(command).slice(0, 256) }
  }
  return { pid: undefined, command: '' }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (err) {
    if (err instanceof Error && 'code' in err) return ''
    throw err
  }
}
