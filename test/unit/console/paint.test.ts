import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPaintQueue, PAINT_MS } from '../../../renderer/state/paint-queue.ts'
import { changedSquares } from '../../../renderer/state/waffle.ts'
import { lazy } from '../../../renderer/state/lazy.ts'

/** A queue whose frames a test lets come, and whose paints take as long as they say. */
function aQueue() {
  const frames: (() => void)[] = []
  let nowMs = 0
  const queue = createPaintQueue<string>({ nextFrame: (run) => void frames.push(run), now: () => nowMs })
  const painted: string[] = []
  const add = (surface: string, ms: number, what = surface): void =>
    queue.add(surface, () => {
      nowMs += ms
      painted.push(what)
    })
  const frame = (): readonly string[] => {
    frames.shift()?.()
    return painted.splice(0)
  }
  return { queue, add, frame, frames }
}

describe('squares', () => {
  test('CONSOLE-32 surfaces are painted a few milliseconds a frame, the first ones first', () => {
    const { add, frame, frames } = aQueue()
    for (const name of ['a', 'b', 'c', 'd']) add(name, PAINT_MS / 2)
    expect(frames).toHaveLength(1)
    expect(frame()).toEqual(['a', 'b'])
    expect(frame()).toEqual(['c', 'd'])
    expect(frames).toHaveLength(0)
    add('slow', 100)
    add('next', 1)
    expect(frame()).toEqual(['slow'])
    expect(frame()).toEqual(['next'])
  })

  test('CONSOLE-32 of one surface only the newest picture is painted, and none of one that is gone', () => {
    const { queue, add, frame } = aQueue()
    add('a', 1, 'old')
    add('b', 1)
    add('a', 1, 'new')
    queue.drop('b')
    expect(frame()).toEqual(['new'])
  })

  test('CONSOLE-32 only squares that have changed are drawn again, or all where most have', () => {
    const states = fc.uint8Array({ minLength: 1, maxLength: 60, max: 3 })
    fc.assert(
      fc.property(states, states, (before, after) => {
        const changed = changedSquares(before, after)
        const differ = [...after.keys()].filter((i) => before[i] !== after[i])
        const all = before.length !== after.length || 2 * differ.length > after.length
        expect(changed).toEqual(all ? null : differ)
      }),
    )
  })

  test('CONSOLE-32 what is made when it is first asked for is made once, whatever it is', () => {
    let made = 0
    const get = lazy(() => void made++)
    expect(made).toBe(0)
    get()
    get()
    expect(made).toBe(1)
  })
})
