import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTreeRoot } from '../../node-agent/fs/index.ts'
import { joinPath, parseTreePath as p, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import { NOTHING, openFixture, type TreeRootSetup } from './tree-root-fixture.ts'

/** Names of any bytes and lengths, renames, and the codes of failures. */
export function namesSuite(setup: TreeRootSetup): void {
  test('FS-3 names of any bytes', () => {
    const { root } = openFixture(setup)
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
      root.unlink(p(`${name}/4`))
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

  test('FS-4 failures name call, path and errno', () => {
    const { root } = openFixture(setup)
    root.mkdir(p('a\n'), 0o700)
    expect(() => root.mkdir(p('a\n'), 0o700)).toThrow(
      expect.objectContaining({ code: 'TARGET_CONFLICT', message: 'mkdir "a\\x0a": EEXIST' }),
    )
    expect(() => root.unlink(p('none'))).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
    expect(() => openTreeRoot('/nowhere/at/all')).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  })

  test('FS-5 a named pipe is not opened and does not block', () => {
    const { root, top } = openFixture(setup)
    execFileSync('mkfifo', [join(top, 'pipe')])
    expect(root.lstat(p('pipe'))?.kind).toBe('other')
    expect(() => root.openRead(p('pipe'))).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
    root.mkdir(p('d'), 0o700)
    expect(() => root.openRead(p('d'))).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  })

  test('FS-6 renames refuse, replace or exchange', () => {
    const { root, top } = openFixture(setup)
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

  test('FS-6 renames between directories, over each kind, and of what others link to', () => {
    const { root, top } = openFixture(setup)
    root.mkdir(p('x'), 0o700)
    root.mkdir(p('y'), 0o700)
    fs.writeFileSync(join(top, 'x/f'), 'f')
    fs.symlinkSync('nowhere', join(top, 'y/l'))
    root.rename(p('x/f'), p('y/l'), 'exchange')
    expect([root.readlink(p('x/f')), fs.readFileSync(join(top, 'y/l'), 'utf8')]).toEqual(['nowhere', 'f'])
    root.rename(p('x'), p('y'), 'exchange')
    expect([root.readdir(p('x')), root.readdir(p('y'))]).toEqual([['l'], ['f']])
    root.rename(p('x/l'), p('y/f'), 'replace')
    expect([root.readdir(p('x')), root.lstat(p('y/f'))?.kind]).toEqual([[], 'file'])
    expect(() => root.rename(p('x'), p('y'), 'replace')).toThrow(expect.objectContaining({ code: 'TARGET_CONFLICT' }))
    expect(() => root.rename(p('none'), p('y'), 'exchange')).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
    expect(() => root.rename(p('x'), p('none'), 'exchange')).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
    expect(() => root.rename(p('x'), p('x/in'), 'replace')).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  })

  test('FS-11 names of 255 bytes, and none longer', () => {
    const { root } = openFixture(setup)
    const long = '\xfe'.repeat(255)
    root.mkdir(p(long), 0o700)
    fs.closeSync(root.createFile(p(`${long}/${long}`)))
    root.symlink('x'.repeat(1000), p(`${long}/l`))
    expect(root.readdir(p(long)).toSorted()).toEqual(['l', long])
    expect(root.readlink(p(`${long}/l`))).toBe('x'.repeat(1000))
    const longer = p(long).replace(/$/, '\xfe') as TreePath
    expect(() => root.mkdir(longer, 0o700)).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  })

  test('FS-11 paths longer than one call takes work in every call', () => {
    const { root } = openFixture(setup)
    const name = 'd'.repeat(250)
    const parts: TreePath[] = []
    for (let i = 0; i < 20; i++) parts.push(joinPath(parts.at(-1) ?? ROOT_PATH, name))
    for (const path of parts) root.mkdir(path, 0o700)
    const deep = parts.at(-1) ?? ROOT_PATH
    expect(deep.length).toBeGreaterThan(4096)
    const [a, b] = [joinPath(deep, 'a'), joinPath(deep, 'b')]
    fs.closeSync(root.createFile(a))
    fs.closeSync(root.openWrite(a))
    fs.closeSync(root.openRead(a))
    expect(root.setMetadata(a, { ...NOTHING, mode: 0o600, mtimeNs: 5n })).toEqual([])
    root.link(a, b)
    root.rename(a, p('top'), 'replace')
    root.symlink('x', a)
    root.rename(a, b, 'exchange')
    expect([root.readlink(b), root.lstat(a)?.mtimeNs, root.listXattrs(a)]).toEqual(['x', 5n, []])
    root.syncDirectory(deep)
    expect(root.tryLock(joinPath(deep, 'lock'))).toBe(true)
    for (const last of root.readdir(deep)) root.unlink(joinPath(deep, last))
    for (const path of parts.toReversed()) root.rmdir(path)
    expect(root.readdir(p(''))).toEqual(['top'])
  })
}
