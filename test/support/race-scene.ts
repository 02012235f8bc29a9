import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { openTreeRoot, type TreeRoot } from '../../node-agent/fs/index.ts'
import { libc } from '../../node-agent/fs/libc.ts'
import { canary, NOBODY, startAdversary } from './adversary.ts'
import { tempDir } from './temp-dir.ts'

/** A tree of root's in which `sub` belongs to an adversary, and a tree outside that must stay as it is. */
export interface Scene {
  readonly root: TreeRoot
  readonly top: string
  /** A path below the adversary's directory `sub/dir`, wherever that stands now. */
  readonly inDir: (name: string) => string
  /** The same for `sub`, and descriptors of both. */
  readonly inSub: (name: string) => string
  readonly dirFd: number
  readonly topFd: number
  /** Ends the adversary. */
  readonly stop: () => Promise<void>
  /** Throws when anything outside differs. */
  readonly checkOutside: () => void
}

/** What stands under the same names inside and outside, so that a call that escapes finds what it looks for. */
function furnish(directory: string, word: string): void {
  fs.mkdirSync(directory)
  for (const name of ['file', 'victim', 'moved']) fs.writeFileSync(join(directory, name), word)
  for (const name of ['victimdir', 'inner']) fs.mkdirSync(join(directory, name))
  fs.writeFileSync(join(directory, 'inner', word), word)
  fs.symlinkSync(word, join(directory, 'link'))
  const [file, name] = [Buffer.from(`${join(directory, 'file')}\0`), Buffer.from(`user.${word}\0`)]
  expect(libc().setxattr(file, name, Uint8Array.of(1), 1, 0)).toBe(0)
}

/** Starts with the adversary at it; ended with the test. */
export async function openScene(): Promise<Scene> {
  const directory = await tempDir()
  fs.chmodSync(directory, 0o711)
  const [top, outside] = [join(directory, 'tree'), join(directory, 'outside')]
  const sub = join(top, 'sub')
  for (const made of [top, sub]) fs.mkdirSync(made)
  furnish(outside, 'outside')
  furnish(join(sub, 'dir'), 'inside')
  fs.writeFileSync(join(outside, 'own'), 'outside')
  for (const name of ['own', 'own2']) fs.writeFileSync(join(top, name), 'own')
  for (const name of ['leaf', 'hard']) fs.writeFileSync(join(sub, name), 'inside')
  for (const name of ['d', 'dh', 'dn']) fs.mkdirSync(join(sub, name))
  fs.writeFileSync(join(sub, 'd', 'inside'), '')
  fs.writeFileSync(join(sub, 'dn~'), 'a program of the adversary')
  // The kernel may forbid links to files of others: the adversary owns this one.
  for (const path of [
    join(outside, 'own'),
    sub,
    ...['dir', 'leaf', 'hard', 'd', 'dh', 'dn', 'dn~'].map((n) => join(sub, n)),
  ]) {
    fs.chownSync(path, NOBODY, NOBODY)
  }
  for (const [name, target] of [
    ['dir~', outside],
    ['leaf~', join(outside, 'file')],
    ['d~', outside],
  ] as const) {
    fs.symlinkSync(target, join(sub, name))
  }
  for (const name of ['hard~', 'dh~']) fs.linkSync(join(outside, 'own'), join(sub, name))
  const root = openTreeRoot(top)
  const fds = [join(sub, 'dir'), sub, top].map((path) => fs.openSync(path, fs.constants.O_RDONLY))
  const [dirFd = -1, subFd = -1, topFd = -1] = fds
  const look = () => canary(outside, new Set(['own']))
  const before = look()
  const pairs = ['dir', 'leaf', 'hard', 'd', 'dh', 'dn'].map(
    (name) => [join(sub, name), join(sub, `${name}~`)] as const,
  )
  const stop = await startAdversary(pairs)
  onTestFinished(async () => {
    await stop()
    root.close()
    for (const fd of fds) fs.closeSync(fd)
  })
  const below = (fd: number) => (name: string) => `/proc/self/fd/${fd}/${name}`
  const checkOutside = (): void => expect(look()).toEqual(before)
  return { root, top, inDir: below(dirFd), inSub: below(subFd), dirFd, topFd, stop, checkOutside }
}
