import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openTreeRoot, type TreeRoot } from '../../../node-agent/fs/index.ts'
import { parseTreePath } from '../../../protocol/index.ts'
import { CAN_MOUNT, mountSmallDisk, remountReadOnly } from '../../support/loop-mount.ts'
import { tempDir } from '../../support/temp-dir.ts'

const p = parseTreePath
const NOTHING = { uid: undefined, gid: undefined, mode: undefined, xattrs: undefined, mtimeNs: undefined }
const AS_ROOT = process.getuid?.() === 0
if (!AS_ROOT) console.warn('NOT RUN: tests of owners need root')

function openRoot(directory: string): TreeRoot {
  const root = openTreeRoot(directory)
  onTestFinished(() => root.close())
  return root
}

async function open(): Promise<{ readonly root: TreeRoot; readonly top: string; readonly outside: string }> {
  const directory = await tempDir()
  const [top, outside] = [join(directory, 'tree'), join(directory, 'outside')]
  fs.mkdirSync(top)
  fs.mkdirSync(outside)
  fs.writeFileSync(join(outside, 'file'), 'outside')
  return { root: openRoot(top), top, outside }
}

describe('FS-1 planted symlinks', () => {
  const calls: readonly (readonly [string, (root: TreeRoot, path: ReturnType<typeof p>) => unknown])[] = [
    ['lstat', (r, q) => r.lstat(q)],
    ['readdir', (r, q) => r.readdir(q)],
    ['readlink', (r, q) => r.readlink(q)],
    ['listXattrs', (r, q) => r.listXattrs(q)],
    ['openRead', (r, q) => r.openRead(q)],
    ['openWrite', (r, q) => r.openWrite(q)],
    ['createFile', (r, q) => r.createFile(q)],
    ['mkdir', (r, q) => r.mkdir(q, 0o700)],
    ['symlink', (r, q) => r.symlink('x', q)],
    ['link from', (r, q) => r.link(q, p('linked'))],
    ['link to', (r, q) => r.link(p('own'), q)],
    ['rename from', (r, q) => r.rename(q, p('moved'), 'replace')],
    ['rename to', (r, q) => r.rename(p('own'), q, 'replace')],
    ['exchange', (r, q) => r.rename(p('own'), q, 'exchange')],
    ['unlink', (r, q) => r.unlink(q)],
    ['rmdir', (r, q) => r.rmdir(q)],
    ['setMetadata', (r, q) => r.setMetadata(q, { ...NOTHING, mode: 0o777 })],
    ['syncDirectory', (r, q) => r.syncDirectory(q)],
    ['tryLock', (r, q) => r.tryLock(q)],
  ]
  const plant = (top: string, outside: string): void => {
    fs.writeFileSync(join(top, 'own'), 'own')
    fs.mkdirSync(join(top, 'dir'))
    fs.symlinkSync(outside, join(top, 'absolute'))
    fs.symlinkSync('../outside', join(top, 'relative'))
    fs.symlinkSync('dir', join(top, 'within'))
    fs.symlinkSync('/proc/self/cwd', join(top, 'magic'))
  }

  test.each(calls)('FS-1 %s does not go through a symlink in the middle', async (_call, act) => {
    const { root, top, outside } = await open()
    plant(top, outside)
    const before = fs.statSync(join(outside, 'file'))
    for (const link of ['absolute', 'relative', 'within', 'magic']) {
      expect(() => act(root, p(`${link}/file`)), link).toThrow(expect.objectContaining({ code: 'PATH_ESCAPES' }))
    }
    expect(fs.readdirSync(outside)).toEqual(['file'])
    expect(fs.statSync(join(outside, 'file')).mode).toBe(before.mode)
    expect(fs.readFileSync(join(top, 'own'), 'utf8')).toBe('own')
  })

  test.each(calls.filter(([call]) => ['readdir', 'openRead', 'openWrite', 'syncDirectory', 'tryLock'].includes(call)))(
    'FS-1 %s does not follow a symlink at the end',
    async (_call, act) => {
      const { root, top, outside } = await open()
      fs.symlinkSync(join(outside, 'file'), join(top, 'to-file'))
      fs.symlinkSync(outside, join(top, 'to-dir'))
      for (const link of ['to-file', 'to-dir']) {
        expect(() => act(root, p(link))).toThrow(expect.objectContaining({ name: 'ShoalError' }))
      }
    },
  )

  test('FS-1 metadata of a symlink is its own', async () => {
    const { root, top, outside } = await open()
    fs.symlinkSync(join(outside, 'file'), join(top, 'link'))
    const before = fs.statSync(join(outside, 'file'), { bigint: true })
    root.setMetadata(p('link'), { ...NOTHING, mtimeNs: 5n })
    expect(root.lstat(p('link'))?.mtimeNs).toBe(5n)
    expect(fs.statSync(join(outside, 'file'), { bigint: true }).mtimeNs).toBe(before.mtimeNs)
  })

  test('FS-1 nothing and below a file are absent', async () => {
    const { root, top } = await open()
    fs.writeFileSync(join(top, 'file'), '')
    expect(root.lstat(p('none'))).toBeUndefined()
    expect(root.lstat(p('none/below'))).toBeUndefined()
    expect(root.lstat(p('file/below'))).toBeUndefined()
  })
})

describe('FS-2 metadata', () => {
  test.each([0n, -1n, 1_700_000_000_123_456_789n, -1_500_000_000n, -2_000_000_000n])(
    'FS-2 time %s',
    async (mtimeNs) => {
      const { root, top } = await open()
      fs.writeFileSync(join(top, 'a'), 'a')
      expect(root.setMetadata(p('a'), { ...NOTHING, mtimeNs })).toEqual([])
      expect(root.lstat(p('a'))?.mtimeNs).toBe(mtimeNs)
    },
  )

  test('FS-2 exactly these extended attributes', async () => {
    const { root, top } = await open()
    fs.writeFileSync(join(top, 'a'), 'a')
    const set = (...xattrs: readonly { name: string; value: Uint8Array }[]) => {
      expect(root.setMetadata(p('a'), { ...NOTHING, xattrs })).toEqual([])
      expect(root.listXattrs(p('a'))).toEqual(xattrs)
    }
    set({ name: 'user.a', value: Uint8Array.of(0, 255) }, { name: 'user.b', value: new Uint8Array() })
    set({ name: 'user.b', value: Uint8Array.of(1) }, { name: 'user.c', value: new Uint8Array(2000) })
    set()
  })

  test.runIf(AS_ROOT)('FS-2 owner and setuid, in one call; the owner of a symlink', async () => {
    const { root, top } = await open()
    fs.writeFileSync(join(top, 'a'), 'a')
    const capability = Uint8Array.from([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    const xattrs = [{ name: 'security.capability', value: capability }]
    expect(root.setMetadata(p('a'), { uid: 1234, gid: 4321, mode: 0o6755, xattrs, mtimeNs: 7n })).toEqual([])
    expect(root.lstat(p('a'))).toMatchObject({ uid: 1234, gid: 4321, mode: 0o6755, mtimeNs: 7n })
    expect(root.listXattrs(p('a'))).toEqual(xattrs)
    fs.symlinkSync('nowhere', join(top, 'link'))
    expect(root.setMetadata(p('link'), { uid: 5, gid: 6, mode: undefined, xattrs: [], mtimeNs: -1n })).toEqual([])
    expect(root.lstat(p('link'))).toMatchObject({ uid: 5, gid: 6, mtimeNs: -1n })
  })

  test('FS-2 what is refused is reported', async () => {
    const { root, top } = await open()
    fs.symlinkSync('nowhere', join(top, 'link'))
    const xattrs = [{ name: 'user.a', value: Uint8Array.of(1) }]
    expect(root.setMetadata(p('link'), { ...NOTHING, xattrs })).toMatchObject([{ what: 'xattr' }])
  })
})

test('FS-3 names of any bytes', async () => {
  const { root } = await open()
  const names = ['new\nline', '\x1b[31mred', '\xff\xfe\x80', ' ', '-rf', 'quote"\\', '\xc3\xa4', '*?[a]']
  for (const name of names) {
    const directory = p(name)
    const path = p(`${name}/${name}`)
    root.mkdir(directory, 0o700)
    fs.closeSync(root.createFile(path))
    root.link(path, p(`${name}/2`))
    root.symlink(name, p(`${name}/3`))
    root.rename(p(`${name}/2`), p(`${name}/4`), 'no-replace')
    expect(root.readdir(directory).toSorted()).toEqual([name, '3', '4'].toSorted())
    expect(root.readlink(p(`${name}/3`))).toBe(name)
    expect(root.lstat(path)).toMatchObject({ kind: 'file', links: 2 })
    expect(root.setMetadata(path, { ...NOTHING, mode: 0o640, xattrs: [] })).toEqual([])
    fs.closeSync(root.openRead(path))
    fs.closeSync(root.openWrite(path))
    root.syncDirectory(directory)
  }
  expect(root.readdir(p('')).toSorted()).toEqual(names.toSorted())
  for (const name of names) {
    for (const child of root.readdir(p(name))) root.unlink(p(`${name}/${child}`))
    root.rmdir(p(name))
  }
})

test('FS-4 failures name call, path and errno', async () => {
  const { root } = await open()
  root.mkdir(p('a\n'), 0o700)
  expect(() => root.mkdir(p('a\n'), 0o700)).toThrow(
    expect.objectContaining({ code: 'TARGET_CONFLICT', message: 'mkdir "a\\x0a": EEXIST' }),
  )
  expect(() => root.unlink(p('none'))).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  expect(() => openTreeRoot('/nowhere/at/all')).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
})

test.runIf(CAN_MOUNT)('FS-4 a read-only file system', async () => {
  const directory = await tempDir()
  const point = join(directory, 'mnt')
  mountSmallDisk(join(directory, 'disk'), point, 8)
  fs.writeFileSync(join(point, 'file'), 'x')
  remountReadOnly(point)
  const root = openRoot(point)
  const readOnly = expect.objectContaining({ code: 'TARGET_READ_ONLY' })
  expect(() => root.mkdir(p('a'), 0o700)).toThrow(readOnly)
  expect(() => root.createFile(p('a'))).toThrow(readOnly)
  expect(() => root.rename(p('file'), p('b'), 'no-replace')).toThrow(readOnly)
  expect(() => root.setMetadata(p('file'), { ...NOTHING, mode: 0o600 })).toThrow(readOnly)
  expect(root.lstat(p('file'))?.kind).toBe('file')
})

test('FS-5 a named pipe is not opened and does not block', async () => {
  const { root, top } = await open()
  execFileSync('mkfifo', [join(top, 'pipe')])
  expect(root.lstat(p('pipe'))?.kind).toBe('other')
  expect(() => root.openRead(p('pipe'))).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  root.mkdir(p('d'), 0o700)
  expect(() => root.openRead(p('d'))).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
})

test('FS-6 renames refuse, replace or exchange', async () => {
  const { root, top } = await open()
  fs.writeFileSync(join(top, 'a'), 'a')
  fs.writeFileSync(join(top, 'b'), 'b')
  root.mkdir(p('d'), 0o700)
  const read = (name: string): string => fs.readFileSync(join(top, name), 'utf8')
  const refused = expect.objectContaining({ code: 'TARGET_CONFLICT' })
  expect(() => root.rename(p('a'), p('b'), 'no-replace')).toThrow(refused)
  root.rename(p('a'), p('b'), 'exchange')
  expect([read('a'), read('b')]).toEqual(['b', 'a'])
  root.rename(p('a'), p('d'), 'exchange')
  expect([root.lstat(p('a'))?.kind, read('d')]).toEqual(['directory', 'b'])
  root.rename(p('d'), p('b'), 'replace')
  expect(read('b')).toBe('b')
})

test('FS-7 one holder of a lock', async () => {
  const { root, top } = await open()
  const other = openTreeRoot(top)
  expect(root.tryLock(p('lock'))).toBe(true)
  expect(other.tryLock(p('lock'))).toBe(false)
  other.close()
  const third = openTreeRoot(top)
  expect(third.tryLock(p('free'))).toBe(true)
  third.close()
  expect(root.tryLock(p('free'))).toBe(true)
})

test('FS-8 a byte range is copied', async () => {
  const { root, top } = await open()
  fs.writeFileSync(join(top, 'a'), '0123456789')
  const [from, to] = [root.openRead(p('a')), root.createFile(p('b'))]
  root.copyRange(from, 2, to, 3, 5)
  expect(fs.readFileSync(join(top, 'b'), 'latin1')).toBe('\0\0\x0023456')
  expect(() => root.copyRange(from, 8, to, 0, 5)).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  fs.closeSync(from)
  fs.closeSync(to)
  expect(root.space().freeBytes).toBeGreaterThan(0)
})
