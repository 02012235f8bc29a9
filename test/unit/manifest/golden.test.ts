import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  decodeManifest,
  encodeManifest,
  fromByteString,
  fromHex,
  type Manifest,
  toHex,
} from '../../../protocol/index.ts'
import { chunkOf, directory, file, hardlink, manifestOf, symlink } from '../../support/entries.ts'

const fixture = new URL('../../fixtures/manifest/format-1.json', import.meta.url)

/** Every kind and every field, at unusual values. */
function golden(): Manifest {
  const { entries } = manifestOf(
    directory('', { mode: 0o1777, mtimeSec: -1, mtimeNs: 999_999_999 }),
    directory('d', {
      uid: 1000,
      gid: 0xfffffffe,
      xattrs: [{ name: 'system.posix_acl_default', value: Uint8Array.of(2, 0) }],
    }),
    file('d/data', 'ab', {
      mode: 0o6755,
      size: 262_147,
      sparse: true,
      chunks: [chunkOf('a', 262_144), chunkOf('b', 3)],
      xattrs: [
        { name: 'security.capability', value: Uint8Array.of(1, 0, 0, 2) },
        { name: 'user.empty', value: new Uint8Array() },
      ],
    }),
    file('d/empty', ''),
    hardlink('d/more', 'd/data'),
    symlink('link', '../\xff out', { uid: 7, mtimeSec: 0, mtimeNs: 1 }),
    file('name\n\x1b\xe4', 'x'),
  )
  return {
    header: {
      format: 1,
      users: [{ id: 0, name: 'root' }],
      groups: [
        { id: 0, name: 'root' },
        { id: 7, name: 'lp' },
      ],
      settings: {
        consistencyGroups: [{ name: 'app', globs: ['d/**', 'link'] }],
        maxWindowMs: 250,
        watch: ['d/*.conf'],
        suggest: ['restart-app'],
      },
    },
    entries,
  }
}

/** Readable form: bytes as hex. */
const toJson = (manifest: Manifest): unknown =>
  JSON.parse(
    JSON.stringify(manifest, (key, value: unknown) => {
      if (value instanceof Uint8Array) return toHex(value)
      return (key === 'path' || key === 'target') && typeof value === 'string' ? toHex(fromByteString(value)) : value
    }),
  )

test('MANIFEST-1 every kind and field has the bytes of the fixture', () => {
  const { hex, manifest } = JSON.parse(readFileSync(fixture, 'utf8'))
  expect(toHex(encodeManifest(golden()))).toBe(hex)
  expect(decodeManifest(fromHex(hex))).toEqual(golden())
  expect(toJson(golden())).toEqual(manifest)
})
