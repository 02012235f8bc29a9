import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlobs, globFault, parseTreePath, toByteString } from '../../../protocol/index.ts'

const path = (text: string) => parseTreePath(toByteString(new TextEncoder().encode(text)))

describe('globs', () => {
  test.each([
    ['bin/app', 'bin/app', true],
    ['bin/app', 'bin/apps', false],
    ['bin/*', 'bin/app', true],
    ['bin/*', 'bin/sub/app', false],
    ['*', 'app', true],
    ['app', 'bin/app', false],
    ['**/app', 'bin/sub/app', true],
    ['**/app', 'app', true],
    ['bin/**', 'bin/sub/app', true],
    ['bin/**', 'bin', false],
    ['bin/**/app', 'bin/app', true],
    ['bin/**/app', 'bin/a/b/app', true],
    ['*.so.?', 'libz.so.1', true],
    ['*.so.?', 'libz.so.12', false],
    ['a*', 'a', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]x]', ']', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['ü?', 'üx', true],
    ['**', 'a/b', true],
  ])('GLOB-1 %s against %s: %s', (glob, text, expected) => {
    expect(globFault(glob)).toBeUndefined()
    expect(compileGlobs([glob])(path(text))).toBe(expected)
  })

  test.each(['', '/a', 'a/', 'a//b', 'a/../b', './a', 'a**', '[a', 'a\\', 'a\0b', '[ü]'])(
    'GLOB-2 %j is refused',
    (glob) => {
      expect(globFault(glob)).toBeTypeOf('string')
      expect(() => compileGlobs([glob])).toThrow(TypeError)
    },
  )

  test('GLOB-1 random globs agree with a reference that tries everything', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 })
    const part = fc.oneof(
      name.filter((n) => !n.includes('**')),
      fc.constant('**'),
    )
    const plain = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), plain, (parts, names) => {
        expect(compileGlobs([parts.join('/')])(path(names.join('/')))).toBe(slowly(parts, names))
      }),
      { seed: 11, numRuns: 3000 },
    )
  })

  test('GLOB-3 no glob makes matching slow', () => {
    const matches = compileGlobs([`${'*a'.repeat(200)}b`, `${'**/a/'.repeat(60)}b`])
    expect(matches(path(`${'a'.repeat(255)}`))).toBe(false)
    expect(matches(path(Array.from({ length: 400 }, () => 'a').join('/')))).toBe(false)
  })

  test('GLOB-1 nothing matches without globs', () => {
    expect(compileGlobs([])(path('a'))).toBe(false)
  })
})

function slowly(parts: readonly string[], names: readonly string[]): boolean {
  const [part, ...rest] = parts
  if (part === undefined) return names.length === 0
  if (part === '**') {
    if (rest.length === 0) return names.length > 0
    return names.some((_, i) => slowly(rest, names.slice(i))) || slowly(rest, [])
  }
  const [name, ...others] = names
  return name !== undefined && letters(part, name) && slowly(rest, others)
}

function letters(part: string, name: string): boolean {
  if (part === '') return name === ''
  if (part[0] === '*') return letters(part.slice(1), name) || (name !== '' && letters(part, name.slice(1)))
  return name !== '' && (part[0] === '?' || part[0] === name[0]) && letters(part.slice(1), name.slice(1))
}

test('GLOB-2 a bracket that is taken as it is opens no class', () => {
  expect(globFault('a\\[b')).toBeUndefined()
  expect(compileGlobs(['a\\[b'])(parseTreePath('a[b'))).toBe(true)
  expect(globFault('a\\\\[b')).toContain('without its ]')
})
