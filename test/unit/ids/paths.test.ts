import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  baseName,
  displayPath,
  type ErrorCode,
  fromByteString,
  isBelow,
  isShoalError,
  joinPath,
  parentPath,
  parseTreePath,
  quotePath,
  ROOT_PATH,
  toByteString,
} from '../../../protocol/index.ts'

const byte = fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c))
const name = fc
  .string({ unit: byte, minLength: 1, maxLength: 8 })
  .filter((s) => !s.includes('/') && s !== '.' && s !== '..')
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join('/'))

test('PATH-1 any bytes but NUL and slash make a name', () => {
  fc.assert(
    fc.property(path, (p) => {
      expect(parseTreePath(p)).toBe(p)
    }),
    { seed: 1, numRuns: 500 },
  )
  for (const p of ['', 'a', '...', ' ', 'a\nb', '\x1b[2J', '\xff\xfe', 'a'.repeat(255), '-rf', '.shoal/x']) {
    expect(parseTreePath(p)).toBe(p)
  }
})

test.each<readonly [string, ErrorCode]>([
  ['/', 'MANIFEST_PATH_ABSOLUTE'],
  ['/a', 'MANIFEST_PATH_ABSOLUTE'],
  ['..', 'MANIFEST_PATH_ESCAPES'],
  ['a/../b', 'MANIFEST_PATH_ESCAPES'],
  ['a/..', 'MANIFEST_PATH_ESCAPES'],
  ['a\0', 'MANIFEST_PATH_NUL'],
  ['.', 'MANIFEST_PATH_INVALID'],
  ['a/./b', 'MANIFEST_PATH_INVALID'],
  ['a//b', 'MANIFEST_PATH_INVALID'],
  ['a/', 'MANIFEST_PATH_INVALID'],
  ['\u0100', 'MANIFEST_PATH_INVALID'],
  ['a'.repeat(256), 'MANIFEST_PATH_TOO_LONG'],
  [`${'a/'.repeat(2048)}a`, 'MANIFEST_PATH_TOO_LONG'],
])('PATH-2 %j is refused', (value, code) => {
  let found: unknown
  try {
    parseTreePath(value)
  } catch (err) {
    found = err
  }
  expect(isShoalError(found, code)).toBe(true)
})

test('PATH-3 comparing is byte order; parent, name, join and below agree', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      const order = Buffer.compare(fromByteString(a), fromByteString(b))
      expect(a < b).toBe(order < 0)
      const p = parseTreePath(a)
      expect(joinPath(parentPath(p), baseName(p))).toBe(p)
      expect(isBelow(p, ROOT_PATH)).toBe(true)
      expect(isBelow(p, p)).toBe(false)
      expect(isBelow(joinPath(p, 'x'), p)).toBe(true)
      expect(isBelow(parseTreePath(`${a}x`), p)).toBe(false)
    }),
    { seed: 2, numRuns: 500 },
  )
})

test('PATH-4 what is shown has no control characters and tells paths apart', () => {
  expect(displayPath(parseTreePath(''))).toBe('.')
  expect(displayPath('a\nb\x1b[2J')).toBe('a\\x0ab\\x1b[2J')
  expect(displayPath('\xc3\xa4\xff')).toBe('ä\\xff')
  expect(displayPath(toByteString(new TextEncoder().encode('\u202egpj.exe')))).toBe('\\u{202e}gpj.exe')
  expect(displayPath('a\\x0a')).toBe('a\\\\x0a')
  expect(quotePath('a"b')).toBe('"a\\"b"')
  expect(quotePath('a'.repeat(300))).toBe(`"${'a'.repeat(200)}…"`)
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(displayPath(a)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(displayPath(a) === displayPath(b)).toBe(a === b)
    }),
    { seed: 3, numRuns: 1000 },
  )
})

test('PATH-5 bytes to byte string and back is the identity', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
      expect(fromByteString(toByteString(bytes))).toEqual(bytes)
    }),
    { seed: 4, numRuns: 50 },
  )
})
