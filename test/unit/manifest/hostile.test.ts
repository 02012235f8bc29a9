import * as cbor from '@ipld/dag-cbor'
import { describe, expect, test } from 'vitest'
import {
  decodeManifest,
  encodeManifest,
  type Entry,
  type ErrorCode,
  fromByteString,
  fromHex,
  isShoalError,
  LIMITS,
} from '../../../protocol/index.ts'
import { chunkOf, directory, file, hardlink, manifestOf, symlink } from '../../support/entries.ts'

const magic = new TextEncoder().encode('SHOALMF1')
const header = { format: 1, users: [], groups: [], settings: {} }

const raw = (...items: readonly unknown[]): Uint8Array => Buffer.concat([magic, ...items.map((i) => cbor.encode(i))])
const rows = (...list: readonly unknown[]): Uint8Array => raw(header, list.length, ...list)
const bytes = (path: string): Uint8Array => fromByteString(path)

const root = [1, bytes(''), 0o755, 0, 0, 0, 0, []]
const dir = (path: string): unknown[] => [1, bytes(path), 0o755, 0, 0, 0, 0, []]
const ref = (size: number): Uint8Array => {
  const { digest } = chunkOf('x')
  const out = new Uint8Array(36)
  out.set(fromHex(digest))
  new DataView(out.buffer).setUint32(32, size)
  return out
}
const regular = (path: string, size = 1, chunks: Uint8Array = ref(1)): unknown[] => [
  0, // kind
  bytes(path),
  0o644,
  0, // owner
  0,
  0, // time
  0,
  [],
  size,
  0,
  chunks,
]
const link = (path: string, text = 'x'): unknown[] => [2, bytes(path), 0, 0, 0, 0, [], bytes(text)]
const name = (path: string, to: string): unknown[] => [3, bytes(path), bytes(to)]
const withXattrs = (xattrs: unknown): Uint8Array => rows(root, [1, bytes('d'), 0o755, 0, 0, 0, 0, xattrs])
const replaced = (row: readonly unknown[], at: number, value: unknown): unknown[] => row.with(at, value)

const good = encodeManifest(manifestOf(file('a'), symlink('b', 'a')))
const one = Uint8Array.of(1)

/** 1 in two bytes where CBOR has it in one. */
function longNumber(): Uint8Array {
  const canonical = Buffer.from(rows(root))
  const at = magic.length + cbor.encode(header).length
  return Buffer.concat([canonical.subarray(0, at), Uint8Array.of(0x18, 1), canonical.subarray(at + 1)])
}

const table: readonly (readonly [string, Uint8Array, ErrorCode])[] = [
  ['..', rows(root, dir('..')), 'MANIFEST_PATH_ESCAPES'],
  ['.. inside', rows(root, dir('a'), regular('a/../b')), 'MANIFEST_PATH_ESCAPES'],
  ['absolute', rows(root, regular('/etc')), 'MANIFEST_PATH_ABSOLUTE'],
  ['twice', rows(root, regular('a'), regular('a')), 'MANIFEST_PATH_DUPLICATE'],
  ['root twice', rows(root, root), 'MANIFEST_PATH_DUPLICATE'],
  ['NUL', rows(root, regular('a\0b')), 'MANIFEST_PATH_NUL'],
  ['long name', rows(root, regular('a'.repeat(256))), 'MANIFEST_PATH_TOO_LONG'],
  ['long path', rows(root, regular('a/'.repeat(2100))), 'MANIFEST_PATH_TOO_LONG'],
  ['empty component', rows(root, dir('a'), regular('a//b')), 'MANIFEST_PATH_INVALID'],
  ['slash at the end', rows(root, dir('a/')), 'MANIFEST_PATH_INVALID'],
  ['. component', rows(root, regular('./a')), 'MANIFEST_PATH_INVALID'],
  ['.shoal', rows(root, dir('.shoal')), 'MANIFEST_PATH_RESERVED'],
  ['.shoal deeper', rows(root, dir('a'), regular('a/.shoal')), 'MANIFEST_PATH_RESERVED'],
  ['no parent', rows(root, regular('a/b')), 'MANIFEST_PARENT_MISSING'],
  ['under a symlink', rows(root, link('a'), regular('a/b')), 'MANIFEST_UNDER_NON_DIRECTORY'],
  ['under a file', rows(root, regular('a'), regular('a/b')), 'MANIFEST_UNDER_NON_DIRECTORY'],
  ['not sorted', rows(root, regular('b'), regular('a')), 'MANIFEST_NOT_CANONICAL'],
  ['hardlink to nothing', rows(root, name('b', 'a')), 'MANIFEST_HARDLINK_TARGET'],
  ['hardlink to a later file', rows(root, name('a', 'b'), regular('b')), 'MANIFEST_HARDLINK_TARGET'],
  ['hardlink to itself', rows(root, name('a', 'a')), 'MANIFEST_HARDLINK_TARGET'],
  ['hardlink to a directory', rows(root, dir('a'), name('b', 'a')), 'MANIFEST_HARDLINK_TARGET'],
  ['hardlink to a hardlink', rows(root, regular('a'), name('b', 'a'), name('c', 'b')), 'MANIFEST_HARDLINK_TARGET'],
  ['hardlink out of the tree', rows(root, regular('a'), name('b', '../a')), 'MANIFEST_PATH_ESCAPES'],
  ['size not the sum', rows(root, regular('a', 2)), 'MANIFEST_SIZE_MISMATCH'],
  ['chunk of nothing', rows(root, regular('a', 0, ref(0))), 'MANIFEST_MALFORMED'],
  ['chunk too large', rows(root, regular('a', 262_145, ref(262_145))), 'MANIFEST_MALFORMED'],
  ['cut chunk list', rows(root, regular('a', 1, ref(1).subarray(1))), 'MANIFEST_MALFORMED'],
  ['no root', rows(regular('a')), 'MANIFEST_MALFORMED'],
  ['root is a symlink', rows(link('')), 'MANIFEST_MALFORMED'],
  ['no entries', raw(header, 0), 'MANIFEST_MALFORMED'],
  ['count negative', raw(header, -1), 'MANIFEST_MALFORMED'],
  ['more entries than said', raw(header, 1, root, regular('a')), 'MANIFEST_NOT_CANONICAL'],
  ['fewer entries than said', raw(header, 3, root, regular('a')), 'MANIFEST_MALFORMED'],
  ['more entries than allowed', raw(header, LIMITS.manifestEntries + 1), 'MANIFEST_TOO_LARGE'],
  ['trailing bytes', Buffer.concat([good, one]), 'MANIFEST_NOT_CANONICAL'],
  ['truncated', good.subarray(0, -1), 'MANIFEST_MALFORMED'],
  ['magic only', magic, 'MANIFEST_MALFORMED'],
  ['nothing', new Uint8Array(), 'MANIFEST_MALFORMED'],
  ['wrong magic', Buffer.concat([Buffer.from('SHOALMF2'), good.subarray(8)]), 'MANIFEST_MALFORMED'],
  ['long form of a number', longNumber(), 'MANIFEST_MALFORMED'],
  ['number as float', rows(replaced(root, 2, 0.5)), 'MANIFEST_MALFORMED'],
  ['number too large', rows(replaced(root, 3, 0xffffffff)), 'MANIFEST_MALFORMED'],
  ['mode with file type', rows(replaced(root, 2, 0o40755)), 'MANIFEST_MALFORMED'],
  ['negative nanoseconds', rows(replaced(root, 6, -1)), 'MANIFEST_MALFORMED'],
  ['path as text', rows(replaced(root, 1, '')), 'MANIFEST_MALFORMED'],
  ['unknown kind', rows(root, [4, bytes('a')]), 'MANIFEST_MALFORMED'],
  ['entry no list', rows(root, { a: 1 }), 'MANIFEST_MALFORMED'],
  ['field missing', rows(root.slice(0, -1)), 'MANIFEST_MALFORMED'],
  ['field too many', rows([...root, 0]), 'MANIFEST_MALFORMED'],
  ['empty symlink', rows(root, link('a', '')), 'MANIFEST_MALFORMED'],
  ['NUL in a symlink', rows(root, link('a', 'a\0')), 'MANIFEST_MALFORMED'],
  ['long symlink', rows(root, link('a', 'a'.repeat(4096))), 'MANIFEST_MALFORMED'],
  ['attributes no list', withXattrs(0), 'MANIFEST_MALFORMED'],
  ['attribute of another namespace', withXattrs([['foo.bar', one]]), 'MANIFEST_MALFORMED'],
  ['attribute without name', withXattrs([['user.', one]]), 'MANIFEST_MALFORMED'],
  ['attribute with NUL', withXattrs([['user.a\0', one]]), 'MANIFEST_MALFORMED'],
  ['attribute value as text', withXattrs([['user.a', 'x']]), 'MANIFEST_MALFORMED'],
  ['attribute too large', withXattrs([['user.a', new Uint8Array(65_537)]]), 'MANIFEST_MALFORMED'],
  ['attribute with a third part', withXattrs([['user.a', one, one]]), 'MANIFEST_MALFORMED'],
  ['too many attributes', withXattrs(Array.from({ length: 65 }, (_, i) => [`user.${i}`, one])), 'MANIFEST_MALFORMED'],
  ['attributes not sorted', withXattrs([['user.b', one], ['user.a', one]]), 'MANIFEST_NOT_CANONICAL'], // prettier-ignore
  ['attribute twice', withXattrs([['user.a', one], ['user.a', one]]), 'MANIFEST_NOT_CANONICAL'], // prettier-ignore
  ['header of format 2', raw({ ...header, format: 2 }, 1, root), 'MANIFEST_MALFORMED'],
  ['header with another field', raw({ ...header, more: 1 }, 1, root), 'MANIFEST_MALFORMED'],
  ['names not sorted', raw({ ...header, users: [[2, 'b'], [1, 'a']] }, 1, root), 'MANIFEST_MALFORMED'], // prettier-ignore
  ['empty setting', raw({ ...header, settings: { watch: [] } }, 1, root), 'MANIFEST_MALFORMED'],
]

function codeOf(act: () => unknown): ErrorCode | 'none' {
  try {
    act()
    return 'none'
  } catch (err) {
    if (isShoalError(err)) return err.code
    throw err
  }
}

describe('MANIFEST-4 what breaks a rule is refused with its code', () => {
  test.each(table)('MANIFEST-4 %s', (_what, input, code) => {
    expect(codeOf(() => decodeManifest(input))).toBe(code)
  })
})

test('MANIFEST-3 every prefix of a manifest is refused', () => {
  for (let length = 0; length < good.length; length++) {
    expect(codeOf(() => decodeManifest(good.subarray(0, length)))).toBe('MANIFEST_MALFORMED')
  }
})

test('MANIFEST-5 more bytes than the limit are not read', () => {
  const huge = new Uint8Array(0)
  Object.defineProperty(huge, 'length', { value: LIMITS.manifestBytes + 1 })
  expect(codeOf(() => decodeManifest(huge))).toBe('MANIFEST_TOO_LARGE')
})

test('MANIFEST-7 a publisher cannot encode what breaks a rule between entries', () => {
  const bad: readonly (readonly [Entry, ErrorCode])[] = [
    [file('a/b'), 'MANIFEST_PARENT_MISSING'],
    [directory('.shoal'), 'MANIFEST_PATH_RESERVED'],
    [hardlink('a', 'b'), 'MANIFEST_HARDLINK_TARGET'],
    [file('a', 'x', { size: 2 }), 'MANIFEST_SIZE_MISMATCH'],
  ]
  for (const [entry, code] of bad) expect(codeOf(() => encodeManifest(manifestOf(entry)))).toBe(code)
})
