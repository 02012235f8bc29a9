import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openTreeRoot, probeCapabilities } from '../../node-agent/fs/index.ts'
import { parseTreePath as p } from '../../protocol/index.ts'
import { openFixture, type TreeRootSetup } from './tree-root-fixture.ts'

const MIB = 1 << 20

/** Locks, ranges, holes, and what a file system says it can. */
export function filesSuite(setup: TreeRootSetup): void {
  test('FS-7 one holder of a lock', () => {
    const { root, top } = openFixture(setup)
    const other = openTreeRoot(top)
    expect(root.tryLock(p('lock'))).toBe(true)
    expect(other.tryLock(p('lock'))).toBe(false)
    other.close()
    const third = openTreeRoot(top)
    expect(third.tryLock(p('free'))).toBe(true)
    third.close()
    expect(root.tryLock(p('free'))).toBe(true)
  })

  test('FS-8 a byte range is copied', () => {
    const { root, top } = openFixture(setup)
    fs.writeFileSync(join(top, 'a'), '0123456789')
    const [from, to] = [root.openRead(p('a')), root.createFile(p('b'))]
    root.copyRange(from, 2, to, 3, 5)
    expect(fs.readFileSync(join(top, 'b'), 'latin1')).toBe('\0\0\x0023456')
    expect(() => root.copyRange(from, 8, to, 0, 5)).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
    fs.closeSync(from)
    fs.closeSync(to)
    expect(root.space().freeBytes).toBeGreaterThan(0)
  })

  test('FS-8 blocks are shared or copied at any border, and holes stay holes', () => {
    const { root, top } = openFixture(setup)
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i % 251))
    fs.writeFileSync(join(top, 'a'), bytes)
    const [from, to] = [root.openRead(p('a')), root.createFile(p('b'))]
    onTestFinished(() => [from, to].forEach((fd) => fs.closeSync(fd)))
    fs.ftruncateSync(to, MIB)
    // Whole blocks, which may be shared; then what starts and ends inside blocks.
    root.copyRange(from, 4096, to, 8192, 8192)
    root.copyRange(from, 1, to, 100_001, 19_999)
    const copy = fs.readFileSync(join(top, 'b'))
    expect(copy.subarray(8192, 16_384).equals(bytes.subarray(4096, 12_288))).toBe(true)
    expect(copy.subarray(100_001, 120_000).equals(bytes.subarray(1))).toBe(true)
    expect(copy.subarray(120_000).every((byte) => byte === 0)).toBe(true)
    expect(fs.readFileSync(join(top, 'a')).equals(bytes)).toBe(true)
    root.syncFileSystem()
    const stat = root.lstat(p('b'))
    expect(stat?.size).toBe(MIB)
    expect((stat?.blocks ?? Infinity) * 512).toBeLessThan(MIB / 2)
    // What is written to the copy later is the copy's alone.
    fs.writeSync(to, Buffer.from('changed'), 0, 7, 8192)
    expect(fs.readFileSync(join(top, 'a')).equals(bytes)).toBe(true)
  })

  test('FS-12 what the file system can is found by trying, and nothing of it stays', () => {
    const { root } = openFixture(setup)
    root.mkdir(p('area'), 0o700)
    // Left by a probe that was cut off.
    root.mkdir(p('area/probe'), 0o700)
    fs.closeSync(root.createFile(p('area/probe/a')))
    const found = probeCapabilities(root, p('area'))
    if (setup.capabilities === undefined) expect(found.beneath).toBe(true)
    else expect(found).toEqual(setup.capabilities)
    expect(root.readdir(p('area'))).toEqual([])
  })

  test('FS-4 the root itself: read, flushed, and closed', () => {
    const { root } = openFixture(setup)
    expect(root.lstat(p(''))?.kind).toBe('directory')
    expect(root.readdir(p(''))).toEqual([])
    root.syncDirectory(p(''))
    root.syncFileSystem()
    expect(root.space().freeBytes).toBeGreaterThan(0)
    const other = openTreeRoot(root.path)
    other.close()
    other.close()
    expect(() => other.lstat(p('x'))).toThrow(expect.objectContaining({ code: 'FILE_SYSTEM' }))
  })
}
