import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { libc } from '../../node-agent/fs/libc.ts'
import { XattrReader } from '../../node-agent/fs/xattrs.ts'
import { ROOT_PATH } from '../../protocol/index.ts'

/** A user of this host without rights, who exchanges names as fast as it can. */
export const NOBODY = 65534

/** Starts exchanging the names of each pair. @returns ends it */
export async function startAdversary(pairs: readonly (readonly [string, string])[]): Promise<() => Promise<void>> {
  const script = new URL('adversary-child.ts', import.meta.url).pathname
  const child: ChildProcess = spawn(process.execPath, [script, ...pairs.flat()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const ready = child.stdout === null ? [] : [once(child.stdout, 'data')]
  await Promise.race([...ready, ended])
  if (child.exitCode !== null) throw new Error('the adversary could not start')
  return async () => {
    child.kill('SIGKILL')
    await ended
  }
}

/** What a tree outside is, to the last bit: content, owner, mode, times, attributes and names. `movedBy`: names whose ctime others may change. */
export function canary(directory: string, movedBy: ReadonlySet<string>): Readonly<Record<string, string>> {
  const xattrs = new XattrReader(libc())
  const found: Record<string, string> = {}
  const walk = (path: string): void => {
    const at = join(directory, path)
    const { ino, mode, uid, gid, nlink, mtimeNs, ctimeNs } = fs.lstatSync(at, { bigint: true })
    const kind = fs.lstatSync(at)
    const names = kind.isDirectory() ? fs.readdirSync(at).toSorted() : []
    const content = kind.isFile() ? fs.readFileSync(at, 'utf8') : kind.isSymbolicLink() ? fs.readlinkSync(at) : names
    const own = xattrs.readAt(Buffer.from(`${at}\0`), ROOT_PATH).map(({ name, value }) => `${name}=${String(value)}`)
    const changed = movedBy.has(path) ? '' : ctimeNs
    found[path] = [ino, mode, uid, gid, nlink, mtimeNs, changed, content, own].join(' ')
    for (const name of names) walk(join(path, name))
  }
  walk('')
  return found
}
