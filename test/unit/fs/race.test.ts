import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RenameMode } from '../../../node-agent/fs/index.ts'
import { libc } from '../../../node-agent/fs/libc.ts'
import { isShoalError, parseTreePath as p } from '../../../protocol/index.ts'
import { NOBODY } from '../../support/adversary.ts'
import { openScene, type Scene } from '../../support/race-scene.ts'

const AS_ROOT = process.getuid?.() === 0
if (!AS_ROOT) console.warn('NOT RUN: races against a user without rights need root')

/** Attempts at each call, and how often each of its outcomes must have been seen. */
const ATTEMPTS = 3000
const SEEN = 20
const MOST_MS = 20_000

/** One attempt: what it was, in a word. What it throws as a ShoalError is `refused`. */
type Attempt = (scene: Scene, round: number) => string

function run(scene: Scene, call: string, wanted: readonly string[], attempt: Attempt): void {
  const seen = new Map<string, number>()
  const often = (): boolean => wanted.every((outcome) => (seen.get(outcome) ?? 0) >= SEEN)
  const begun = performance.now()
  for (let round = 0; round < ATTEMPTS || !often(); round++) {
    const outcome = judge(() => attempt(scene, round))
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    if (!wanted.includes(outcome) || performance.now() - begun > MOST_MS) break
  }
  expect([...seen.keys()].toSorted(), call).toEqual([...wanted].toSorted())
  expect(often(), `${call}: ${JSON.stringify([...seen])}`).toBe(true)
  scene.checkOutside()
}

function judge(attempt: () => string): string {
  try {
    return attempt()
  } catch (err) {
    if (!isShoalError(err)) throw err
    return 'refused'
  }
}

/** Uses a descriptor that a call gave, and closes it. */
function using<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd)
  } finally {
    fs.closeSync(fd)
  }
}

const content = (fd: number): string => using(fd, () => fs.readFileSync(fd, 'utf8'))
const metadata = (round: number) => ({
  uid: round % 2,
  gid: round % 3,
  mode: round % 2 === 0 ? 0o4755 : 0o600,
  xattrs: [{ name: 'user.root', value: Uint8Array.of(round % 256) }],
  mtimeNs: BigInt(round),
})
const renamed =
  (mode: RenameMode): Attempt =>
  ({ root, top, inDir }) => {
    root.rename(p('own'), p('sub/dir/new'), mode)
    fs.renameSync(inDir('new'), join(top, 'own'))
    return 'inside'
  }

test.runIf(AS_ROOT)(
  'FS-1 no call leaves the tree while its owner exchanges a directory on the way with a symlink',
  { timeout: 120_000 },
  async () => {
    const scene = await openScene()
    const both = ['inside', 'refused']
    const calls: Readonly<Record<string, Attempt>> = {
      openRead: ({ root }) => content(root.openRead(p('sub/dir/file'))),
      lstat: ({ root, inDir }) =>
        root.lstat(p('sub/dir/file'))?.inode === fs.statSync(inDir('file'), { bigint: true }).ino
          ? 'inside'
          : 'escaped',
      readdir: ({ root }) => root.readdir(p('sub/dir/inner')).join(),
      readlink: ({ root }) => root.readlink(p('sub/dir/link')),
      listXattrs: ({ root }) =>
        root
          .listXattrs(p('sub/dir/file'))
          .map(({ name }) => name.slice('user.'.length))
          .join(),
      openWrite: ({ root }) =>
        using(root.openWrite(p('sub/dir/victim')), (fd) => (fs.writeSync(fd, 'again!', 0), 'inside')),
      createFile: ({ root, inDir }) => {
        fs.closeSync(root.createFile(p('sub/dir/new')))
        return (fs.unlinkSync(inDir('new')), 'inside')
      },
      mkdir: ({ root, inDir }) => {
        root.mkdir(p('sub/dir/new'), 0o700)
        return (fs.rmdirSync(inDir('new')), 'inside')
      },
      symlink: ({ root, inDir }) => {
        root.symlink('x', p('sub/dir/new'))
        return (fs.unlinkSync(inDir('new')), 'inside')
      },
      'link from': ({ root, top }) => {
        root.link(p('sub/dir/file'), p('new'))
        const word = fs.readFileSync(join(top, 'new'), 'utf8')
        return (fs.unlinkSync(join(top, 'new')), word)
      },
      'link to': ({ root, inDir }) => {
        root.link(p('own'), p('sub/dir/new'))
        return (fs.unlinkSync(inDir('new')), 'inside')
      },
      'rename from': ({ root, top, inDir }) => {
        root.rename(p('sub/dir/moved'), p('moved'), 'replace')
        const word = fs.readFileSync(join(top, 'moved'), 'utf8')
        return (fs.renameSync(join(top, 'moved'), inDir('moved')), word)
      },
      'rename to': renamed('replace'),
      'rename to, refusing': renamed('no-replace'),
      'rename exchanging': ({ root, top, dirFd, topFd }) => {
        root.rename(p('own'), p('sub/dir/file'), 'exchange')
        const word = fs.readFileSync(join(top, 'own'), 'utf8')
        libc().renameat2(topFd, Buffer.from('own\0'), dirFd, Buffer.from('file\0'), 2)
        return word
      },
      unlink: ({ root, inDir }) => {
        root.unlink(p('sub/dir/victim'))
        return (fs.writeFileSync(inDir('victim'), '', { flag: 'wx' }), 'inside')
      },
      rmdir: ({ root, inDir }) => {
        root.rmdir(p('sub/dir/victimdir'))
        return (fs.mkdirSync(inDir('victimdir')), 'inside')
      },
      syncDirectory: ({ root }) => (root.syncDirectory(p('sub/dir')), 'inside'),
      tryLock: ({ root }) => (root.tryLock(p('sub/dir/lock')), 'inside'),
      setMetadata: ({ root, inDir }, round) => {
        expect(root.setMetadata(p('sub/dir/file'), metadata(round))).toEqual([])
        return fs.statSync(inDir('file'), { bigint: true }).mtimeNs === BigInt(round) ? 'inside' : 'escaped'
      },
    }
    for (const [call, attempt] of Object.entries(calls)) run(scene, call, both, attempt)
  },
)

test.runIf(AS_ROOT)(
  'FS-1 no call follows a symlink that its owner exchanges with the file or directory that is meant',
  { timeout: 120_000 },
  async () => {
    const scene = await openScene()
    const both = ['file', 'symlink']
    /** Of two names one is left: makes what is gone anew. */
    const mend = ({ inSub, top }: Scene): string => {
      const [left = ''] = ['leaf', 'leaf~'].filter((name) => fs.lstatSync(inSub(name), { throwIfNoEntry: false }))
      const gone = left === 'leaf' ? 'leaf~' : 'leaf'
      if (fs.lstatSync(inSub(left)).isFile()) {
        fs.symlinkSync(join(top, '../outside/file'), inSub(gone))
        return 'symlink'
      }
      fs.writeFileSync(inSub(gone), 'inside', { flag: 'wx' })
      return 'file'
    }
    const kind = ({ top }: Scene, name: string): string => (fs.lstatSync(join(top, name)).isFile() ? 'file' : 'symlink')
    const calls: readonly (readonly [string, readonly string[], Attempt])[] = [
      ['openRead', ['inside', 'refused'], ({ root }) => content(root.openRead(p('sub/leaf')))],
      [
        'openWrite',
        ['inside', 'refused'],
        ({ root }) => using(root.openWrite(p('sub/leaf')), (fd) => (fs.writeSync(fd, 'inside', 0), 'inside')),
      ],
      ['createFile', ['refused'], ({ root }) => content(root.createFile(p('sub/leaf')))],
      ['readdir', ['inside', 'refused'], ({ root }) => root.readdir(p('sub/d')).join()],
      ['syncDirectory', ['inside', 'refused'], ({ root }) => (root.syncDirectory(p('sub/d')), 'inside')],
      ['lstat', both, ({ root }) => root.lstat(p('sub/leaf'))?.kind ?? 'gone'],
      ['listXattrs', ['inside'], ({ root }) => (root.listXattrs(p('sub/leaf')).length === 0 ? 'inside' : 'escaped')],
      [
        'readlink',
        ['symlink', 'refused'],
        ({ root }) => (root.readlink(p('sub/leaf')).endsWith('outside/file') ? 'symlink' : 'escaped'),
      ],
      [
        'setMetadata',
        both,
        ({ root }, round) => (root.setMetadata(p('sub/leaf'), metadata(round)).length === 0 ? 'file' : 'symlink'),
      ],
      [
        'setMetadata of a directory',
        ['directory', 'refused'],
        ({ root }, round) => (root.setMetadata(p('sub/d'), metadata(round), 'directory'), 'directory'),
      ],
      [
        'link',
        both,
        (at) => {
          at.root.link(p('sub/leaf'), p('new'))
          const word = kind(at, 'new')
          return (fs.unlinkSync(join(at.top, 'new')), word)
        },
      ],
      ['unlink', both, (at) => (at.root.unlink(p('sub/leaf')), mend(at))],
      ['rmdir', ['refused'], ({ root }) => (root.rmdir(p('sub/d')), 'gone')],
      ['rename exchanging', both, (at) => (at.root.rename(p('own2'), p('sub/leaf'), 'exchange'), kind(at, 'own2'))],
    ]
    for (const [call, wanted, attempt] of calls) run(scene, call, wanted, attempt)
  },
)

test.runIf(AS_ROOT)(
  'FS-10 nothing but what was meant gets metadata or bytes while its owner exchanges it with a file from outside or of its own',
  { timeout: 120_000 },
  async () => {
    const scene = await openScene()
    const calls: readonly (readonly [string, readonly string[], Attempt])[] = [
      [
        'setMetadata',
        ['inside', 'refused'],
        ({ root }, round) => (root.setMetadata(p('sub/hard'), metadata(round)).length === 0 ? 'inside' : 'part'),
      ],
      [
        'openWrite',
        ['inside', 'refused'],
        ({ root }) => using(root.openWrite(p('sub/hard')), (fd) => (fs.writeSync(fd, 'secret', 0), 'inside')),
      ],
      ...['dh', 'dn'].map(
        (name) =>
          [
            `setMetadata of a directory (${name})`,
            ['inside', 'refused'],
            ({ root }: Scene, round: number) =>
              root.setMetadata(p(`sub/${name}`), { ...metadata(round), uid: 0, gid: 0 }, 'directory').length === 0
                ? 'inside'
                : 'part',
          ] as const,
      ),
    ]
    for (const [call, wanted, attempt] of calls) run(scene, call, wanted, attempt)
    await scene.stop()
    // A file of the adversary's own, put where a directory was meant, would have been root's, and setuid.
    const program = ['dn', 'dn~'].map((name) => fs.lstatSync(scene.inSub(name))).find((stat) => stat.isFile())
    expect(program).toMatchObject({ uid: NOBODY, gid: NOBODY })
  },
)
