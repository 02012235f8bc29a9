import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TreeRoot } from '../../node-agent/fs/index.ts'
import { parseTreePath as p } from '../../protocol/index.ts'
import { NOTHING, openFixture, type TreeRootSetup } from './tree-root-fixture.ts'

/** Symlinks in a tree lead nowhere. */
export function linksSuite(setup: TreeRootSetup): void {
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

    test.each(calls)('FS-1 %s does not go through a symlink in the middle', (_call, act) => {
      const { root, top, outside } = openFixture(setup)
      plant(top, outside)
      const before = fs.statSync(join(outside, 'file'))
      for (const link of ['absolute', 'relative', 'within', 'magic']) {
        expect(() => act(root, p(`${link}/file`)), link).toThrow(expect.objectContaining({ code: 'PATH_ESCAPES' }))
      }
      expect(fs.readdirSync(outside)).toEqual(['file'])
      expect(fs.statSync(join(outside, 'file')).mode).toBe(before.mode)
      expect(fs.readFileSync(join(top, 'own'), 'utf8')).toBe('own')
    })

    test.each(
      calls.filter(([call]) => ['readdir', 'openRead', 'openWrite', 'syncDirectory', 'tryLock'].includes(call)),
    )('FS-1 %s does not follow a symlink at the end', (_call, act) => {
      const { root, top, outside } = openFixture(setup)
      fs.symlinkSync(join(outside, 'file'), join(top, 'to-file'))
      fs.symlinkSync(outside, join(top, 'to-dir'))
      for (const link of ['to-file', 'to-dir']) {
        expect(() => act(root, p(link))).toThrow(expect.objectContaining({ name: 'ShoalError' }))
      }
    })

    test('FS-1 metadata of a symlink is its own', () => {
      const { root, top, outside } = openFixture(setup)
      fs.symlinkSync(join(outside, 'file'), join(top, 'link'))
      const before = fs.statSync(join(outside, 'file'), { bigint: true })
      root.setMetadata(p('link'), { ...NOTHING, mtimeNs: 5n })
      expect(root.lstat(p('link'))?.mtimeNs).toBe(5n)
      expect(fs.statSync(join(outside, 'file'), { bigint: true }).mtimeNs).toBe(before.mtimeNs)
    })

    test('FS-1 nothing and below a file are absent', () => {
      const { root, top } = openFixture(setup)
      fs.writeFileSync(join(top, 'file'), '')
      expect(root.lstat(p('none'))).toBeUndefined()
      expect(root.lstat(p('none/below'))).toBeUndefined()
      expect(root.lstat(p('file/below'))).toBeUndefined()
    })
  })
}
