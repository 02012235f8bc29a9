import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { libc } from '../../node-agent/fs/libc.ts'
import { parseTreePath as p } from '../../protocol/index.ts'
import { AS_ROOT, NOTHING, openFixture, type TreeRootSetup } from './tree-root-fixture.ts'

const CAPABILITY = Uint8Array.from([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

/** A POSIX access control list as the kernel keeps it: owner rw, user 1234 with `named`, group r, mask r, others none. */
function acl(named: number): Uint8Array {
  const entries = [
    [1, 6],
    [2, named, 1234],
    [4, 4],
    [16, 4],
    [32, 0],
  ] as const
  const view = new DataView(new ArrayBuffer(4 + 8 * entries.length))
  view.setUint32(0, 2, true)
  for (const [i, [tag, permissions, id = 0xffffffff]] of entries.entries()) {
    view.setUint16(4 + 8 * i, tag, true)
    view.setUint16(6 + 8 * i, permissions, true)
    view.setUint32(8 + 8 * i, id, true)
  }
  return new Uint8Array(view.buffer)
}

/** What is set is what is read. */
export function metadataSuite(setup: TreeRootSetup): void {
  describe('FS-2 metadata', () => {
    test.each([0n, -1n, 1_700_000_000_123_456_789n, -1_500_000_000n, -2_000_000_000n])('FS-2 time %s', (mtimeNs) => {
      const { root, top } = openFixture(setup)
      fs.writeFileSync(join(top, 'a'), 'a')
      expect(root.setMetadata(p('a'), { ...NOTHING, mtimeNs })).toEqual([])
      expect(root.lstat(p('a'))?.mtimeNs).toBe(mtimeNs)
    })

    test('FS-2 exactly these extended attributes', () => {
      const { root, top } = openFixture(setup)
      fs.writeFileSync(join(top, 'a'), 'a')
      const set = (...xattrs: readonly { name: string; value: Uint8Array }[]) => {
        expect(root.setMetadata(p('a'), { ...NOTHING, xattrs })).toEqual([])
        expect(root.listXattrs(p('a'))).toEqual(xattrs)
      }
      set({ name: 'user.a', value: Uint8Array.of(0, 255) }, { name: 'user.b', value: new Uint8Array() })
      set({ name: 'user.b', value: Uint8Array.of(1) }, { name: 'user.c', value: new Uint8Array(2000) })
      set()
    })

    test.runIf(AS_ROOT)('FS-2 owner and setuid, in one call; the owner of a symlink', () => {
      const { root, top } = openFixture(setup)
      fs.writeFileSync(join(top, 'a'), 'a')
      const xattrs = [{ name: 'security.capability', value: CAPABILITY }]
      expect(root.setMetadata(p('a'), { uid: 1234, gid: 4321, mode: 0o6755, xattrs, mtimeNs: 7n })).toEqual([])
      expect(root.lstat(p('a'))).toMatchObject({ uid: 1234, gid: 4321, mode: 0o6755, mtimeNs: 7n })
      expect(root.listXattrs(p('a'))).toEqual(xattrs)
      fs.symlinkSync('nowhere', join(top, 'link'))
      expect(root.setMetadata(p('link'), { uid: 5, gid: 6, mode: undefined, xattrs: [], mtimeNs: -1n })).toEqual([])
      expect(root.lstat(p('link'))).toMatchObject({ uid: 5, gid: 6, mtimeNs: -1n })
    })

    test('FS-2 what is refused is reported', () => {
      const { root, top } = openFixture(setup)
      fs.symlinkSync('nowhere', join(top, 'link'))
      const xattrs = [{ name: 'user.a', value: Uint8Array.of(1) }]
      expect(root.setMetadata(p('link'), { ...NOTHING, xattrs })).toMatchObject([{ what: 'xattr' }])
    })

    test.runIf(AS_ROOT)(
      'FS-2 everything at once, changed and changed back; capabilities and setuid outlive a change of owner',
      () => {
        const { root, top } = openFixture(setup)
        fs.writeFileSync(join(top, 'a'), 'a')
        for (const [uid, mode] of [
          [7, 0o4711],
          [8, 0o2755],
          [0, 0o444],
          [9, 0o7777],
        ] as const) {
          const xattrs = [
            { name: 'security.capability', value: CAPABILITY },
            { name: 'trusted.mine', value: Uint8Array.of(uid) },
            { name: 'user.mine', value: Uint8Array.of(uid, 1) },
          ]
          expect(root.setMetadata(p('a'), { uid, gid: uid, mode, xattrs, mtimeNs: BigInt(uid) })).toEqual([])
          expect(root.lstat(p('a'))).toMatchObject({ uid, gid: uid, mode, mtimeNs: BigInt(uid) })
          expect(root.listXattrs(p('a'))).toEqual(xattrs)
        }
      },
    )

    test('FS-2 access control lists of files and directories', () => {
      const { root, top } = openFixture(setup)
      fs.writeFileSync(join(top, 'a'), 'a')
      const access = { name: 'system.posix_acl_access', value: acl(0o4) }
      expect(root.setMetadata(p('a'), { ...NOTHING, mode: 0o640, xattrs: [access] })).toEqual([])
      expect(root.listXattrs(p('a'))).toEqual([access])
      expect(root.lstat(p('a'))?.mode).toBe(0o640)
      fs.mkdirSync(join(top, 'd'))
      const xattrs = [access, { name: 'system.posix_acl_default', value: acl(0o5) }]
      expect(root.setMetadata(p('d'), { ...NOTHING, mode: 0o640, xattrs }, 'directory')).toEqual([])
      expect(root.listXattrs(p('d'))).toEqual(xattrs)
      // A file made below starts with the default list; it is taken away where the release has none.
      fs.closeSync(root.createFile(p('d/in')))
      expect(root.setMetadata(p('d/in'), { ...NOTHING, mode: 0o664, xattrs: [] })).toEqual([])
      expect([root.listXattrs(p('d/in')), root.lstat(p('d/in'))?.mode]).toEqual([[], 0o664])
    })

    test('FS-9 what belongs to the machine is neither read nor removed', () => {
      const { root, top } = openFixture(setup)
      fs.writeFileSync(join(top, 'a'), 'a')
      const file = Buffer.from(`${join(top, 'a')}\0`)
      const name = (text: string): Buffer => Buffer.from(`${text}\0`)
      const set = (text: string): number => libc().setxattr(file, name(text), Uint8Array.of(1), 1, 0)
      const has = (text: string): boolean => libc().getxattr(file, name(text), new Uint8Array(9), 9) === 1
      expect(set('user.own')).toBe(0)
      const machines = AS_ROOT ? ['trusted.overlay.mine', 'trusted.SGI_MINE'] : []
      for (const other of machines) expect(set(other)).toBe(0)
      expect(root.listXattrs(p('a')).map((x) => x.name)).toEqual(['user.own'])
      expect(root.setMetadata(p('a'), { ...NOTHING, xattrs: [] })).toEqual([])
      expect([...machines, 'user.own'].filter(has)).toEqual(machines)
    })

    test('FS-10 a file with another name is neither written to nor changed; a directory that is none any more neither', () => {
      const { root, top, outside } = openFixture(setup)
      fs.linkSync(join(outside, 'file'), join(top, 'a'))
      fs.writeFileSync(join(top, 'own'), 'own')
      fs.symlinkSync(outside, join(top, 'link'))
      const before = fs.statSync(join(outside, 'file'), { bigint: true })
      const modified = expect.objectContaining({ code: 'TARGET_MODIFIED' })
      expect(() => root.setMetadata(p('a'), { ...NOTHING, mode: 0o777 })).toThrow(modified)
      expect(() => root.openWrite(p('a'))).toThrow(modified)
      for (const name of ['a', 'own', 'link']) {
        expect(() => root.setMetadata(p(name), { ...NOTHING, mtimeNs: 1n }, 'directory')).toThrow(modified)
      }
      expect(fs.statSync(join(outside, 'file'), { bigint: true })).toEqual(before)
      expect(fs.statSync(join(top, 'own')).mtimeMs).toBeGreaterThan(1)
    })
  })
}
