import { describe, expect, test } from 'vitest'
import { byChannelText, inParts, mayRetry, queryOfHosts, retriesOf, waveOfHosts } from '../../../renderer/state/bulk.ts'
import { draftForWave, NEW_DRAFT } from '../../../renderer/state/publish.ts'
import { namesText } from '../../../renderer/state/text.ts'
import { makeFleet } from '../../support/console/fleet.ts'

const hosts = makeFleet(2400)

describe('many hosts at once', () => {
  const names = hosts.slice(0, 300).map(({ host }) => host)

  test('CONSOLE-31 a wave of selected hosts is the filter that found them when only enrolment decides, else their names as long as they fit', () => {
    expect(waveOfHosts(['a', 'b'], 'site:oslo -label:role=db')).toEqual({
      ok: true,
      select: 'site:oslo -label:role=db',
    })
    expect(waveOfHosts(['a', 'b'], 'site:oslo is:failed')).toEqual({ ok: true, select: 'host:a,b' })
    expect(waveOfHosts(['a', 'b'], '')).toEqual({ ok: true, select: 'host:a,b' })
    expect(waveOfHosts(['a'], undefined)).toEqual({ ok: true, select: 'host:a' })
    expect(waveOfHosts(names, undefined)).toMatchObject({ ok: false })
    expect(waveOfHosts(names.slice(0, 120), undefined)).toMatchObject({ ok: false })
    expect(queryOfHosts(names)).toBeUndefined()
  })

  test('CONSOLE-31 only hosts that failed, rolled back or refused try again, by channel', () => {
    const found = retriesOf(hosts)
    const all = [...found.values()].flat()
    expect(all.length).toBeGreaterThan(3)
    for (const line of hosts) expect(all.includes(line.host)).toBe(mayRetry(line.state) && line.channel !== null)
    expect(
      byChannelText(
        new Map([
          ['web', ['a', 'b']],
          ['maps', ['c']],
        ]),
      ),
    ).toBe('web: 2 hosts, maps: 1 host')
    expect(inParts(names, 128).map(({ length }) => length)).toEqual([128, 128, 44])
    expect(namesText(['a', 'b', 'c'], 2)).toBe('a, b and 1 more')
  })

  test('CONSOLE-31 the draft keeps its folder and gets the wave; what was sent is no draft any more', () => {
    const draft = { ...NEW_DRAFT, channel: 'web', message: 'Spring' }
    const wave = { select: 'host:a', healthyPercent: 100, afterMinutes: undefined, approve: true }
    expect(draftForWave(draft, 'host:a', undefined)).toEqual({ ...draft, waves: [wave] })
    const sent = { ...draft, sent: { sequence: 4, waiting: false } }
    expect(draftForWave(sent, 'host:a', 'maps')).toEqual({ ...NEW_DRAFT, reading: 1, channel: 'maps', waves: [wave] })
  })
})
