import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Component, createLogger, safeJson, startAll, systemClock } from '../../../node-agent/lifecycle/index.ts'

const component = (name: string, events: string[], fail: 'start' | 'stop' | 'none' = 'none'): Component => ({
  start: async () => {
    events.push(`start ${name}`)
    if (fail === 'start') throw new Error(`${name} does not start`)
  },
  stop: async () => {
    events.push(`stop ${name}`)
    if (fail === 'stop') throw new Error(`${name} does not stop`)
  },
})

describe('startAll', () => {
  test('LIFE-4 starts in order, one after the other, and stops in reverse', async () => {
    const events: string[] = []
    const slow: Component = {
      start: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        events.push('start slow')
      },
      stop: async () => void events.push('stop slow'),
    }
    const all = await startAll([component('a', events), slow, component('b', events)])
    expect(events).toEqual(['start a', 'start slow', 'start b'])
    await all[Symbol.asyncDispose]()
    expect(events.slice(3)).toEqual(['stop b', 'stop slow', 'stop a'])
  })

  test('LIFE-5 a failed start stops what had begun, itself included, in reverse, and is the error', async () => {
    const events: string[] = []
    const all = [component('a', events), component('b', events, 'start'), component('c', events)]
    await expect(startAll(all)).rejects.toThrow('b does not start')
    expect(events).toEqual(['start a', 'start b', 'stop b', 'stop a'])
  })

  test('LIFE-6 a failed stop does not keep the others from stopping, and no error is lost', async () => {
    const events: string[] = []
    const all = await startAll([component('a', events, 'stop'), component('b', events), component('c', events, 'stop')])
    const error = await Promise.resolve(all[Symbol.asyncDispose]()).catch((err: unknown) => err)
    expect(events.slice(3)).toEqual(['stop c', 'stop b', 'stop a'])
    expect(error).toMatchObject({ error: { message: 'a does not stop' }, suppressed: { message: 'c does not stop' } })
  })
})

describe('systemClock', () => {
  test('LIFE-7 sleep takes its time, and ends at once with CANCELLED when aborted before or during it', async () => {
    const began = performance.now()
    await systemClock.sleep(20)
    expect(performance.now() - began).toBeGreaterThanOrEqual(18)
    const abort = new AbortController()
    const sleep = systemClock.sleep(1e12, { signal: abort.signal })
    abort.abort()
    await expect(sleep).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(systemClock.sleep(1e12, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('logger', () => {
  const write = (json: boolean, level: 'debug' | 'warn' = 'debug') => {
    const lines: string[] = []
    const clock = { now: () => Date.UTC(2026, 0, 31, 12) }
    return { lines, log: createLogger({ level, json, clock, write: (line) => lines.push(line) }) }
  }

  test('LOG-1 a line is time, level, event and fields', () => {
    const { lines, log } = write(false)
    log
      .with({ channel: 'web' })
      .warn('peer-dropped', { peer: '12D3Koo', reason: 'bad chunk', bytes: 7, ok: false, none: null })
    expect(lines).toEqual([
      '2026-01-31T12:00:00.000Z warn peer-dropped channel=web peer=12D3Koo reason="bad chunk" bytes=7 ok=false none=null\n',
    ])
  })

  test('LOG-1 lines below the level are dropped', () => {
    const { lines, log } = write(false, 'warn')
    log.debug('a')
    log.info('b')
    log.error('c')
    expect(lines).toHaveLength(1)
  })

  test('LOG-2 whatever a value holds, it stays one line, prints harmlessly, and reads back as JSON', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u001b[2J', 'a\nb level=error', '\u202e', '\u2028', '"', '\ud800', '\x9b'),
    )
    fc.assert(
      fc.property(nasty, (value) => {
        for (const json of [false, true]) {
          const { lines, log } = write(json)
          log.info('event', { value })
          const [line = ''] = lines
          expect(line.endsWith('\n')).toBe(true)
          expect(line.slice(0, -1)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
          if (json) expect(JSON.parse(line)).toMatchObject({ level: 'info', event: 'event', value })
          else if (!/^[\w./:@+,-]+$/.test(value)) expect(JSON.parse(line.slice(line.indexOf('=') + 1))).toBe(value)
        }
      }),
      { seed: 13, numRuns: 500 },
    )
  })

  test('LOG-2 safeJson is the same document as JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(safeJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { seed: 14, numRuns: 300 },
    )
  })
})
