import { describe, expect, test } from 'vitest'
import { type AlertFacts, AlertBook, Curves, findAlerts, mergeAlerts } from '../../../node-agent/views/index.ts'
import { openStore } from '../../../node-agent/store/index.ts'
import type { HostLine } from '../../../protocol/control/index.ts'
import { requireQuery } from '../../../protocol/query/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NOW = 1_800_000_000_000
const DAY = 86_400_000

const line = (host: string, more: Partial<HostLine> = {}): HostLine => ({
  host,
  site: 'oslo',
  labels: {},
  channel: 'web',
  release: 5,
  want: 5,
  state: 'current',
  proved: true,
  progress: null,
  left: null,
  rate: null,
  secondsLeft: null,
  heardMs: NOW,
  error: null,
  stale: 0,
  ...more,
})

function facts(lines: readonly HostLine[], more: Partial<AlertFacts> = {}): AlertFacts {
  return {
    nowMs: NOW,
    channels: [{ name: 'web', expiresMs: NOW + 60 * DAY, lines }],
    members: lines,
    reached: { sites: new Set(), telling: 0 },
    rootExpiresMs: NOW + 365 * DAY,
    aloneMs: null,
    quarantined: [],
    conflicts: [],
    ...more,
  }
}

const found = (lines: readonly HostLine[], more: Partial<AlertFacts> = {}) =>
  findAlerts(facts(lines, more)).map(({ id, text, hosts }) => [id, text, hosts?.query ?? null])

describe('alerts', () => {
  test('VIEW-8 nothing is wrong: nothing is said', () => {
    expect(found([line('a'), line('b', { state: 'updating' }), line('c', { state: 'waiting' })])).toEqual([])
  })

  test('VIEW-8 each rule says what, how many, and finds its hosts', () => {
    const lines = [
      line('a', { state: 'failed', error: 'FILE_SYSTEM: EIO' }),
      line('b', { state: 'failed', error: 'FILE_SYSTEM: EROFS' }),
      line('c', { state: 'held', error: 'BUDGET_EXCEEDED: 5 too many' }),
      line('d', { state: 'held', error: 'COMMIT_LOCKED: locked' }),
      line('e', { state: 'drifted' }),
      line('f', { state: 'rolled-back', stale: 2 }),
      line('g', { state: 'offline' }),
      line('h', { state: 'refused', error: 'NO_SPACE: full' }),
    ]
    expect(found(lines)).toEqual([
      ['failed/web/FILE_SYSTEM', '2 hosts failed to take web: FILE_SYSTEM', 'channel:web is:failed error:FILE_SYSTEM'],
      ['held/web/BUDGET_EXCEEDED', 'A budget holds 1 host of web', 'channel:web is:held error:BUDGET_EXCEEDED'],
      ['rolled-back/web/rolled-back', '1 host rolled back web', 'channel:web is:rolled-back'],
      ['drifted/web/drifted', '1 host drifted from web', 'channel:web is:drifted'],
      ['failed/web/refused', '1 host did not take web', 'channel:web is:refused'],
      ['stale/web', 'Processes on 1 host still run on an older release of web', 'channel:web is:stale'],
      ['silent/oslo', 'Nothing is heard of 1 of 8 hosts at oslo', 'is:offline site:oslo'],
    ])
    for (const { hosts } of findAlerts(facts(lines))) requireQuery(hosts?.query ?? '')
  })

  test('VIEW-8 a site of which nothing is heard is one alert, not one a host', () => {
    const lima = [line('l1', { site: 'lima', state: 'offline' }), line('l2', { site: 'lima', state: 'offline' })]
    expect(found([line('a'), ...lima])).toEqual([
      ['partition/lima', 'Nothing is heard of lima any more, 2 hosts in all', 'is:offline site:lima'],
    ])
    const text = (sites: readonly string[], telling: number) =>
      found([line('a'), ...lima], { reached: { sites: new Set(sites), telling } }).map(([id, words]) => [id, words])
    expect(text(['oslo'], 1)).toEqual([
      [
        'partition/lima',
        'Nothing is heard of lima any more, 2 hosts in all: none of the 1 host that tell which sites they reach reaches it',
      ],
    ])
    expect(text(['lima'], 5)).toEqual([
      ['silent/lima', 'Nothing is heard of lima any more, 2 hosts in all, although other sites are connected to it'],
    ])
  })

  test('VIEW-8 trust that ends, a node alone, quarantine and conflicts', () => {
    const ids = (more: Partial<AlertFacts>) => found([line('a'), line('b')], more).map(([id]) => id)
    expect(ids({ rootExpiresMs: NOW + DAY })).toEqual(['root'])
    expect(ids({ rootExpiresMs: NOW - DAY })).toEqual(['root'])
    expect(ids({ aloneMs: 30_000 })).toEqual(['alone'])
    expect(ids({ aloneMs: 29_999 })).toEqual([])
    expect(ids({ quarantined: ['oslo-1'] })).toEqual(['quarantine/oslo-1'])
    expect(ids({ conflicts: ['head/web'] })).toEqual(['conflict/head/web'])
    const channels = (expiresMs: number) => [{ name: 'web', expiresMs, lines: [] }]
    expect(ids({ channels: channels(NOW + DAY) })).toEqual(['expiring/web'])
    expect(ids({ channels: channels(NOW - DAY) })).toEqual(['expired/web'])
  })

  test('VIEW-8 one that goes on keeps its begin and who saw it, until it gets worse; one that is over has ended', () => {
    const one = findAlerts(facts([line('a', { state: 'drifted' })]))
    const two = findAlerts(facts([line('a', { state: 'drifted' }), line('b', { state: 'drifted' })]))
    const first = mergeAlerts([], one, [], 1)
    expect(first).toMatchObject([{ sinceMs: 1, endedMs: null, acknowledgedMs: null }])
    const seen = first.map((alert) => ({ ...alert, acknowledgedMs: 2 }))
    expect(mergeAlerts(seen, one, [], 3)).toMatchObject([{ sinceMs: 1, acknowledgedMs: 2 }])
    expect(mergeAlerts(seen, two, [], 3)).toMatchObject([{ sinceMs: 1, acknowledgedMs: null, hosts: { count: 2 } }])
    const over = mergeAlerts(seen, [], [], 4)
    expect(over).toMatchObject([{ sinceMs: 1, endedMs: 4 }])
    expect(mergeAlerts(over, one, [], 5)).toMatchObject([{ sinceMs: 5, endedMs: null, acknowledgedMs: null }])
    expect(mergeAlerts(first, one, ['drifted'], 6)).toMatchObject([{ endedMs: 6 }])
  })

  test('VIEW-8 alerts and curves outlive a restart', async () => {
    const directory = await tempDir()
    const alerts = findAlerts(facts([line('a', { state: 'drifted' })]))
    let store = await openStore(`${directory}/db`)
    const book = new AlertBook({ store })
    await book.load()
    expect(book.update(alerts, [], 1)).toBe(true)
    expect(book.update(alerts, [], 2)).toBe(false)
    book.acknowledge('drifted/web/drifted', true, 3)
    expect(() => book.acknowledge('nothing', true, 3)).toThrow(expect.objectContaining({ code: 'NO_SUCH_ALERT' }))
    const curves = new Curves({ store })
    await curves.load()
    for (let release = 1; release <= 25; release++) {
      curves.add('web', release, { atMs: release, hosts: 3, converged: 1, failed: 0, offline: 0 })
    }
    await Promise.all([book.save(), curves.save()])
    await store.close()
    store = await openStore(`${directory}/db`)
    const [later, again] = [new AlertBook({ store }), new Curves({ store })]
    await Promise.all([later.load(), again.load()])
    expect(later.all()).toMatchObject([{ id: 'drifted/web/drifted', sinceMs: 1, acknowledgedMs: 3 }])
    expect(later.open()).toEqual([])
    expect(again.of('web', 25)).toEqual([{ atMs: 25, hosts: 3, converged: 1, failed: 0, offline: 0 }])
    expect(again.of('web', 5)).toEqual([])
    await store.close()
  })
})
