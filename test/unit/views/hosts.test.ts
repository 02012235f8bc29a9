import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Fleet, follow, hostsPictures, vocabularyOf } from '../../../node-agent/views/index.ts'
import {
  type ChannelStatus,
  parseChannelName,
  parseHostName,
  parsePeerKey,
  type PeerKey,
} from '../../../protocol/index.ts'
import { CONTROL_LIMITS, encodeFrame, HOST_CONDITIONS, type HostsRequest } from '../../../protocol/control/index.ts'
import { SILENT_SECONDS } from '../../../protocol/status/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { channelWord, SimulatedBook, simulatedMesh } from '../../support/simulated-book.ts'

const NOW = 1_800_000_000_000
const ALL: HostsRequest = {
  query: '',
  channel: null,
  sort: 'site',
  descending: false,
  squares: true,
  first: 0,
  count: 100,
}
const NOBODY = parsePeerKey(`12D3KooW${'1'.repeat(44)}`)

function fleetOf(book: SimulatedBook, more: { self?: PeerKey; own?: () => ChannelStatus | undefined } = {}): Fleet {
  const fleet = new Fleet({
    book,
    self: more.self ?? NOBODY,
    own: more.own ?? (() => undefined),
    waveOf: (_, { site }) => (site === 'oslo' ? 1 : 2),
  })
  fleet.open()
  onTestFinished(() => fleet.close())
  return fleet
}

/** Two sites, five hosts: one of every kind. */
function mesh() {
  const book = new SimulatedBook()
  const names = [
    ['oslo-2', 'oslo'],
    ['lima-1', 'lima'],
    ['oslo-1', 'oslo'],
    ['lima-2', 'lima'],
    ['oslo-3', 'oslo'],
  ] as const
  const [oslo2, lima1, oslo1, , oslo3] = names.map(([host, site]) => book.enrol(host, site, { role: 'web' }))
  if (oslo2 === undefined || lima1 === undefined || oslo1 === undefined || oslo3 === undefined)
    throw new Error('no peer')
  book.publish('web', 5, NOW - 60_000)
  book.say(oslo2, NOW - 1000, [channelWord(5)])
  const transfer = { leftBytes: 1000, bytesPerSecond: 100 }
  book.say(lima1, NOW - 2000, [channelWord(4, { state: 'fetching', progress: 0.5, transfer })])
  book.say(oslo1, NOW - 3000, [channelWord(4, { state: 'failed', error: { code: 'FILE_SYSTEM', message: 'EIO' } })])
  book.say(oslo3, NOW - SILENT_SECONDS * 1000 - 1, [channelWord(5)])
  return { book, fleet: fleetOf(book), oslo2, lima1, oslo1, oslo3 }
}

const picture = (fleet: Fleet, request: Partial<HostsRequest> = {}, nowMs = NOW) =>
  hostsPictures(fleet, { ...ALL, ...request })(nowMs)

describe('view of hosts', () => {
  test('VIEW-1 every member is there once, by site, then name, with how it stands', () => {
    const { fleet } = mesh()
    const { total, matching, counts, sites, releases, states, rows } = picture(fleet)
    expect([total, matching]).toEqual([5, 5])
    expect(rows.map(({ host, state }) => [host, state])).toEqual([
      ['lima-1', 'updating'],
      ['lima-2', 'unknown'],
      ['oslo-1', 'failed'],
      ['oslo-2', 'current'],
      ['oslo-3', 'offline'],
    ])
    expect([...(states ?? [])].map((code) => HOST_CONDITIONS[code])).toEqual(rows.map(({ state }) => state))
    expect(counts).toMatchObject({ updating: 1, unknown: 1, failed: 1, current: 1, offline: 1, held: 0 })
    expect(sites).toEqual([
      { site: 'lima', hosts: 2 },
      { site: 'oslo', hosts: 3 },
    ])
    expect(releases).toEqual([
      { channel: 'web', sequence: 4, hosts: 2 },
      { channel: 'web', sequence: 5, hosts: 2 },
    ])
    expect(rows[0]).toMatchObject({ progress: 0.5, left: 1000, rate: 100, secondsLeft: 10, want: 5, release: 4 })
    expect(rows[1]).toMatchObject({ channel: null, heardMs: null })
    expect(rows[2]).toMatchObject({ error: 'FILE_SYSTEM: EIO', progress: null })
  })

  test('VIEW-1 only hosts of the channel asked for; a host of several stands at its worst', () => {
    const { book, fleet, oslo2 } = mesh()
    expect(picture(fleet, { channel: 'web' }).total).toBe(4)
    expect(picture(fleet, { channel: 'base' }).total).toBe(0)
    const base = channelWord(1, { channel: 'base' as never, state: 'drifted', proved: false })
    book.say(oslo2, NOW, [channelWord(5), base])
    expect(picture(fleet, { query: 'host:oslo-2' }).rows).toMatchObject([{ channel: 'base', state: 'drifted' }])
    expect(picture(fleet, { query: 'host:oslo-2', channel: 'web' }).rows).toMatchObject([{ state: 'current' }])
    expect(picture(fleet, { query: 'channel:base' }).matching).toBe(1)
  })

  test('VIEW-2 a query cuts it down, a wrong one is QUERY_INVALID', () => {
    const { fleet } = mesh()
    expect(picture(fleet, { query: 'is:failed,offline -host:oslo-3' }).rows.map(({ host }) => host)).toEqual(['oslo-1'])
    expect(picture(fleet, { query: 'site:lima' })).toMatchObject({ total: 5, matching: 2 })
    const wave = picture(fleet, { query: 'channel:web wave:1' })
    expect(wave.rows.map(({ host }) => host)).toEqual(['oslo-1', 'oslo-2', 'oslo-3'])
    expect(() => picture(fleet, { query: 'is:' })).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }))
  })

  test('VIEW-2 rows come sorted, in the window asked for, without a value last', () => {
    const { fleet } = mesh()
    const names = (request: Partial<HostsRequest>) => picture(fleet, request).rows.map(({ host }) => host)
    expect(names({ sort: 'host', descending: true, count: 2 })).toEqual(['oslo-3', 'oslo-2'])
    expect(names({ sort: 'heard', first: 1, count: 2 })).toEqual(['oslo-1', 'lima-1'])
    expect(names({ sort: 'heard' }).at(-1)).toBe('lima-2')
    expect(names({ sort: 'heard', descending: true }).at(-1)).toBe('lima-2')
    expect(names({ sort: 'state', count: 1 })).toEqual(['oslo-1'])
    expect(picture(fleet, { first: 99 })).toMatchObject({ first: 5, rows: [] })
    expect(picture(fleet, { squares: true }).states).toHaveLength(5)
    expect(picture(fleet, { squares: false })).toMatchObject({ matching: 5, states: null })
  })

  test('VIEW-3 a picture follows records, new heads and the passing of time', () => {
    const { book, fleet, oslo1 } = mesh()
    const next = hostsPictures(fleet, ALL)
    expect(next(NOW).states).toHaveLength(5)
    expect(next(NOW)).toMatchObject({ states: null, sites: null })
    book.say(oslo1, NOW, [channelWord(5)])
    expect(next(NOW)).toMatchObject({ counts: { failed: 0, current: 2 } })
    expect(next(NOW + SILENT_SECONDS * 1000 + 1)).toMatchObject({ counts: { offline: 4, unknown: 1 } })
    book.publish('web', 6, NOW)
    expect(next(NOW)).toMatchObject({ counts: { current: 0, waiting: 2 } })
    expect(next(NOW + 100_000).rows.find(({ host }) => host === 'lima-1')).toMatchObject({
      rate: null,
      secondsLeft: null,
    })
    book.enrol('kyiv-1', 'kyiv')
    book.keep('binding', 'x', 1, { grant: '', hostKey: '' as never, boundAtMs: 1 })
    expect(next(NOW).total).toBe(6)
    book.expel(oslo1)
    expect(next(NOW).total).toBe(5)
  })

  test('VIEW-3 members are read again when somebody asks, once for however many records came', () => {
    const { book, oslo1, oslo2 } = mesh()
    const members = vi.spyOn(book, 'members')
    const fleet = fleetOf(book)
    const next = hostsPictures(fleet, ALL)
    expect([next(NOW).total, members.mock.calls.length]).toEqual([5, 1])
    for (let i = 0; i < 100; i++) {
      book.keep('revocation', `${i}`, 1, { host: parseHostName('oslo-9'), atMs: NOW, reason: '' })
    }
    book.expel(oslo1)
    book.say(oslo2, NOW, [channelWord(4)])
    expect(members.mock.calls.length).toBe(1)
    expect([next(NOW).total, members.mock.calls.length]).toEqual([4, 2])
    expect(picture(fleet, { query: 'oslo-2' }).rows).toMatchObject([{ release: 4 }])
    for (let i = 0; i < 100; i++) book.keep('retry', `web.${i}`, 1, { sequence: 5, head: '' as never, atMs: NOW })
    next(NOW)
    expect(members.mock.calls.length).toBe(2)
  })

  test('VIEW-3 channels are those of releases and targets, as hosts come, change their minds and go', () => {
    const { book, fleet, oslo1 } = mesh()
    const base = { ...channelWord(1), channel: parseChannelName('base') }
    expect(fleet.channels()).toEqual(['web'])
    book.say(oslo1, NOW, [channelWord(4), base])
    expect(fleet.channels()).toEqual(['base', 'web'])
    book.say(oslo1, NOW, [channelWord(4)])
    expect(fleet.channels()).toEqual(['web'])
    book.say(oslo1, NOW, [base])
    book.publish('kiosk', 1, NOW)
    expect(fleet.channels()).toEqual(['base', 'kiosk', 'web'])
    book.expel(oslo1)
    expect(fleet.channels()).toEqual(['kiosk', 'web'])
  })

  test('VIEW-3 this very node stands by its newest word, told or not', () => {
    const { book, lima1 } = mesh()
    let own = channelWord(4, { state: 'fetching', progress: 0.6 })
    const fleet = fleetOf(book, { self: lima1, own: () => own })
    expect(picture(fleet, { query: 'lima-1' }).rows).toMatchObject([{ progress: 0.6 }])
    own = channelWord(4, { state: 'fetching', progress: 0.7 })
    expect(picture(fleet, { query: 'lima-1' }).rows).toMatchObject([{ progress: 0.7 }])
  })

  test('VIEW-4 pictures come at once, after changes at most four a second, and every five seconds', async () => {
    const clock = new ManualClock(NOW)
    const stop = new AbortController()
    let changed: (() => void) | undefined
    const onChange = (listener: () => void) => {
      changed = listener
      return () => (changed = undefined)
    }
    const times: number[] = []
    const pictures = follow({ clock, onChange, picture: (nowMs) => nowMs - NOW, signal: stop.signal })
    const reading = (async () => {
      for await (const at of pictures) times.push(at)
    })().catch((err: unknown) => err)
    await clock.wind(0)
    for (let i = 0; i < 10; i++) {
      changed?.()
      await clock.wind(50)
    }
    await clock.wind(600)
    expect(times).toEqual([0, 250, 500])
    await clock.wind(CONTROL_LIMITS.viewIdleMs)
    expect(times).toEqual([0, 250, 500, 5500])
    stop.abort()
    expect(await reading).toMatchObject({ code: 'CANCELLED' })
    expect(changed).toBeUndefined()
  })

  test('VIEW-5 words of the mesh for completion', () => {
    const { fleet } = mesh()
    expect(vocabularyOf(fleet, NOW)).toEqual({
      sites: ['oslo', 'lima'],
      channels: ['web'],
      releases: [4, 5, 0],
      labels: [{ key: 'role', values: ['web'] }],
      errors: ['FILE_SYSTEM'],
    })
  })

  test('VIEW-12 after a picture that took long to make it rests four times as long, and news wake it once', async () => {
    const clock = new ManualClock(NOW)
    const abort = new AbortController()
    let tell = (): void => undefined
    const times: number[] = []
    const pictures = follow({
      clock,
      onChange: (listener) => {
        tell = listener
        return () => undefined
      },
      picture: async (nowMs) => {
        times.push(nowMs - NOW)
        await clock.sleep(150, { signal: abort.signal })
      },
      signal: abort.signal,
    })
    const watching = (async () => {
      for await (const _ of pictures);
    })().catch(() => undefined)
    const aborted = vi.spyOn(AbortController.prototype, 'abort')
    for (let i = 0; i < 160; i++) {
      await clock.wind(10)
      tell()
      tell()
    }
    expect(times).toEqual([0, 750, 1500])
    expect(aborted.mock.calls.length).toBeLessThanOrEqual(times.length)
    aborted.mockRestore()
    abort.abort()
    await watching
  })

  test('VIEW-6 10,000 hosts that all change four times a second cost under 100 kB/s', () => {
    const { book, peers, speak } = simulatedMesh(10_000, 40, NOW)
    const next = hostsPictures(fleetOf(book), { ...ALL, count: 60, first: 5000 })
    let bytes = 0
    for (let picture = 0; picture < 8; picture++) {
      const nowMs = NOW + 250 * picture
      for (const peer of peers) speak(peer, nowMs)
      bytes += encodeFrame({ t: 'item', id: 1, seq: picture, value: next(nowMs) }).length
    }
    expect(bytes / 2).toBeLessThan(100_000)
  })
})
