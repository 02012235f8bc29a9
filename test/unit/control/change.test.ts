import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyChange, changeBetween } from '../../../protocol/control/change.ts'
import { encodeFrame } from '../../../protocol/control/index.ts'

/** Whatever a frame may hold, of few enough names and sizes that two of them have much in common. */
const { value } = fc.letrec<{ readonly value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, false, 0, -0, 1, 300, 1.5, '', 'oslo', 'a longer text than that one'),
    fc.uint8Array({ minLength: 40, maxLength: 42, max: 2 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'sites', '__proto__'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

describe('changes', () => {
  test('CTL-15 what is made of the value before and its change is the value after', () => {
    fc.assert(
      fc.property(value, value, (before, after) => {
        const change = changeBetween(before, after)
        if (change === undefined) expect(after).toStrictEqual(before)
        else expect(applyChange(before, change)).toStrictEqual(after)
      }),
      { numRuns: 2000 },
    )
  })

  test('CTL-15 equal values have none', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(changeBetween(one, structuredClone(one))).toBeUndefined()
      }),
    )
  })

  test('CTL-15 parts that have not changed are the very same objects', () => {
    const recent = [{ release: 1, message: 'a few words about what is in it' }]
    const sites = [
      { site: 'oslo', hosts: 1, note: 'a few words about what it is' },
      { site: 'fra1', hosts: 2, note: 'a few words about what it is' },
    ]
    const before = { nowMs: 1, recent, sites }
    const next = structuredClone({ ...before, nowMs: 2, sites: [sites[0], { ...sites[1], hosts: 3 }] })
    const after = applyChange(before, changeBetween(before, next))
    expect(after).toEqual(next)
    expect(Reflect.get(Object(after), 'recent')).toBe(before.recent)
    expect(Reflect.get(Object(after), 'sites')[0]).toBe(before.sites[0])
  })

  test('CTL-15 a change is never much longer than the whole, and of few hosts of ten thousand short', () => {
    fc.assert(
      fc.property(value, value, (before, after) => {
        const change = changeBetween(before, after) ?? null
        expect(encodeFrame(change).length).toBeLessThan(encodeFrame(after).length + 12)
      }),
    )
    const states = new Uint8Array(10_000)
    const next = states.slice()
    for (let i = 0; i < 80; i++) next[i * 100] = 3
    expect(encodeFrame(changeBetween({ states }, { states: next })).length).toBeLessThan(400)
  })

  test.each([
    ['nothing', [], null],
    ['of no kind', {}, ['other', 1]],
    ['of an object that is none', [1], ['object', {}, []]],
    ['that takes out what is not there', { a: 1 }, ['object', {}, ['b']]],
    ['of an array that is none', {}, ['array', 0, []]],
    ['with a hole', [1], ['array', 3, [2, ['value', 1]]]],
    ['shorter than it says', [1], ['array', 2, []]],
    ['at half a place', [1], ['array', 1, [0.5, ['value', 1]]]],
    ['of odd pairs', [1], ['array', 1, [0]]],
    ['of bytes that are none', 'text', ['bytes', [0], new Uint8Array(1)]],
    ['of bytes past their end', new Uint8Array(1), ['bytes', [1], new Uint8Array(1)]],
  ])('CTL-7 a change %s is refused', (_what, before, change) => {
    expect(() => applyChange(before, change)).toThrow(expect.objectContaining({ code: 'WIRE_MALFORMED' }))
  })
})
