import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toCsv } from '../../../renderer/state/csv.ts'
import { formatAge, formatAgo, formatBytes, formatDuration, formatShare } from '../../../renderer/state/format.ts'
import { etaText, truthOf } from '../../../renderer/state/overview.ts'
import { searchPalette } from '../../../renderer/state/palette.ts'
import { DEFAULT_PREFERENCES, parsePreferences } from '../../../renderer/state/preferences.ts'
import { formatRoute, parseRoute, type Route } from '../../../renderer/state/route.ts'
import { toggleAll, toggleOne } from '../../../renderer/state/selection.ts'
import { NO_KEYS, PAIR_MS, pressKey, SHORTCUTS } from '../../../renderer/state/shortcuts.ts'
import { shortId, showText } from '../../../renderer/state/text.ts'
import { reduceToasts, type Toast } from '../../../renderer/state/toasts.ts'
import { choosePitch, layoutWaffle, squareAt, toGroups } from '../../../renderer/state/waffle.ts'
import { makeFleet, MINUTE, NOW } from '../../support/console/fleet.ts'
import { overviewOf } from '../../support/console/overview-view.ts'

describe('text of others', () => {
  test('CONSOLE-8 nothing hidden survives, and lengths are capped', () => {
    expect(showText('a\u202eb')).toBe('a\\u{202e}b')
    expect(showText('a\u001b[31mb\n')).toBe('a\\u{1b}[31mb\\u{a}')
    expect(showText('one\ntwo\u0000', { lines: true })).toBe('one\ntwo\\u{0}')
    expect(showText('Größe 日本')).toBe('Größe 日本')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const shown = showText(text, { max: 50 })
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u)
        expect(shown.length).toBeLessThanOrEqual(50 * 10 + 1)
      }),
    )
    expect(shortId(`sha256-${'ab'.repeat(32)}`)).toBe('ababab…ababab')
  })

  test('CONSOLE-8 no cell of an export is a formula, and each row reads back', () => {
    expect(
      toCsv(
        ['a', 'b'],
        [
          ['=1+1', -3],
          ['@x', null],
          ['say "hi", you', '-2'],
        ],
      ),
    ).toBe('a,b\r\n\'=1+1,-3\r\n\'@x,\r\n"say ""hi"", you",\'-2\r\n')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(toCsv(['x'], [[text]]).slice(3)).not.toMatch(/^"?[=+\-@\t]/)
      }),
    )
  })
})

describe('places', () => {
  test('CONSOLE-9 an address is read back as it was written', () => {
    const some = fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: undefined })
    const number = fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined })
    const route: fc.Arbitrary<Route> = fc.oneof(
      fc.record({
        page: fc.constant('hosts' as const),
        query: fc.string({ maxLength: 40 }),
        channel: some,
        host: some,
      }),
      fc.record({ page: fc.constant('activity' as const), text: fc.string({ maxLength: 40 }) }),
      fc.record({ page: fc.constant('network' as const), from: some, to: some }),
      number.map((release) => ({ page: 'rollouts' as const, channel: 'web', release })),
      fc.record({
        page: fc.constant('releases' as const),
        channel: fc.constant('a/b c'),
        release: fc.constant(4),
        from: number,
      }),
      fc.constantFrom<Route>(
        { page: 'overview' },
        { page: 'alerts' },
        { page: 'settings' },
        { page: 'access', tab: 'keys' },
      ),
    )
    fc.assert(
      fc.property(route, (place) => {
        expect(parseRoute(formatRoute(place))).toEqual(place)
      }),
    )
    expect(parseRoute('')).toEqual({ page: 'overview' })
    expect(parseRoute('#/nowhere')).toEqual({ page: 'missing', path: 'nowhere' })
    expect(parseRoute('#/rollouts/web/-1')).toEqual({ page: 'rollouts', channel: 'web', release: undefined })
    expect(parseRoute('#/hosts/%ff?q=%')).toMatchObject({ page: 'hosts' })
  })
})

describe('keys', () => {
  const letter = { key: 'g', mod: false, alt: false, typing: false }

  test('CONSOLE-10 pairs, letters, modifiers', () => {
    const first = pressKey(NO_KEYS, letter, 0, true)
    expect(first.command).toBeUndefined()
    expect(pressKey(first.state, { ...letter, key: 'h' }, 10, true).command).toBe('go:hosts')
    expect(pressKey(first.state, { ...letter, key: 'h' }, PAIR_MS + 1, true).command).toBeUndefined()
    expect(pressKey(first.state, { ...letter, key: 't' }, 10, true).command).toBe('go:activity')
    expect(pressKey(NO_KEYS, { ...letter, key: 't' }, 10, true).command).toBe('theme')
    expect(pressKey(NO_KEYS, { ...letter, key: 'k', mod: true, typing: true }, 0, false).command).toBe('palette')
    expect(pressKey(NO_KEYS, { ...letter, key: '/', typing: true }, 0, true).command).toBeUndefined()
    expect(pressKey(NO_KEYS, { ...letter, key: 'Escape', typing: true }, 0, true).command).toBe('back')
    expect(pressKey(NO_KEYS, { ...letter, key: 'p' }, 0, false).command).toBeUndefined()
    expect(new Set(SHORTCUTS.map(({ keys }) => keys)).size).toBe(SHORTCUTS.length)
  })

  test('CONSOLE-13 the palette wants every word, and likes titles', () => {
    const entry = (id: string, title: string, detail: string) => ({ id, group: 'Do', title, detail }) as const
    const all = [
      entry('1', 'Hosts of oslo', 'site:oslo'),
      entry('2', 'oslo-0001', 'oslo'),
      entry('3', 'Pause web', 'rollout'),
    ]
    expect(searchPalette(all, 'oslo').map(({ id }) => id)).toEqual(['2', '1'])
    expect(searchPalette(all, 'web pause').map(({ id }) => id)).toEqual(['3'])
    expect(searchPalette(all, 'oslo nothing')).toEqual([])
    expect(searchPalette(all, '')).toHaveLength(3)
  })
})

describe('numbers', () => {
  test('CONSOLE-11 sizes, shares, ages and times', () => {
    expect([0, 512, 1024, 1536, 412 * 2 ** 20, 2 ** 40].map(formatBytes)).toEqual([
      '0 B',
      '512 B',
      '1.0 KiB',
      '1.5 KiB',
      '412 MiB',
      '1.0 TiB',
    ])
    expect(formatShare(4811, 4812)).toBe('99.9 %')
    expect([
      formatShare(5, 5),
      formatShare(0, 5),
      formatShare(1, 10_000),
      formatShare(1, 3),
      formatShare(0, 0),
    ]).toEqual(['100 %', '0 %', '< 0.1 %', '33 %', '–'])
    expect([0, 5, 300, 7200, 400_000].map(formatAge)).toEqual(['now', '5 s', '5 min', '2 h', '5 d'])
    expect([0, 5].map(formatAgo)).toEqual(['just now', '5 s ago'])
    expect([0, 12, 4000, 100_000, 600_000, 7_800_000].map(formatDuration)).toEqual([
      '0 ms',
      '12 ms',
      '4.0 s',
      '100 s',
      '10 min',
      '2 h 10 min',
    ])
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(100_000), (part, rest) => {
        expect(formatShare(part, part + rest) === '100 %').toBe(rest === 0 && part > 0)
      }),
    )
  })

  test('CONSOLE-15 squares fit their box and are found again', () => {
    const groups = [480, 96, 600, 12]
    const pitch = choosePitch(groups, 540, 380)
    expect(groups.reduce((sum, hosts) => sum + layoutWaffle(hosts, 540, pitch).height, 0)).toBeLessThanOrEqual(380)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 40, max: 900 }),
        fc.nat(4999),
        (hosts, width, pick) => {
          const layout = layoutWaffle(hosts, width, 8)
          const index = pick % hosts
          const [x, y] = [(index % layout.columns) * 8 + 3, Math.floor(index / layout.columns) * 8 + 3]
          expect(squareAt(layout, hosts, x, y)).toBe(index)
        },
      ),
    )
    expect(squareAt(layoutWaffle(3, 80, 8), 3, 30, 3)).toBeUndefined()
    expect(
      toGroups(
        [
          { site: 'a', hosts: 2 },
          { site: 'b', hosts: 3 },
        ],
        5,
      ).map((group) => group.start),
    ).toEqual([0, 2])
    expect(toGroups([{ site: 'a', hosts: 2 }], 9)).toEqual([{ site: '', start: 0, hosts: 9 }])
  })
})

describe('what is said of the mesh', () => {
  const hosts = makeFleet(500)
  const text = (update: Parameters<typeof truthOf>[0]): string =>
    truthOf(update)
      .map((part) => part.text)
      .join('')

  test('CONSOLE-16 one sentence of truth', () => {
    const overview = overviewOf(hosts)
    expect(text(overview)).toMatch(
      /^\d+ of \d+ hosts run what their channels say, and proved it\. web@42 is going out: 95 % by 14:06\. base-config@17 waits for a gate/,
    )
    expect(text({ ...overview, hosts: 0 })).toBe('No host has joined yet.')
    expect(text({ ...overview, withTargets: 0 })).toContain('none has a channel')
    expect(text({ ...overview, withTargets: 9, current: 9, channels: [] })).toBe(
      'All 9 hosts run what their channels say, and proved it.',
    )
    expect(text({ ...overview, withTargets: 1, current: 1, channels: [] })).toContain('The one host with a target runs')
    const channels = overview.channels.map((card) => ({ ...card, release: 0 }))
    expect(text({ ...overview, withTargets: 3, current: 0, channels })).toBe(
      '3 hosts wait for a first release: nothing was published yet.',
    )
  })

  test('CONSOLE-16 no time left without progress, and those who are away are told apart', () => {
    const base = { halfByMs: null, almostAllByMs: null, without: null, reachable: 9, offline: 3 } as const
    expect(etaText({ ...base, without: 'no-progress' }, NOW)).toBe('nobody has moved lately · +3 when they return')
    expect(etaText({ ...base, almostAllByMs: NOW + 14 * MINUTE, offline: 0 }, NOW)).toMatch(/^95 % by \d\d:\d\d$/)
    expect(etaText({ ...base, halfByMs: NOW - MINUTE, almostAllByMs: NOW - MINUTE }, NOW)).toBe('+3 when they return')
    expect(etaText({ ...base, offline: 0 }, NOW)).toBe('')
    // Nobody moves because nobody may: that is no fault of theirs.
    expect(etaText({ ...base, without: 'gated', offline: 0 }, NOW)).toBe('waits for a gate')
  })
})

describe('what a person chose', () => {
  test('CONSOLE-14 wrong or missing is the default', () => {
    expect(parsePreferences(null)).toEqual(DEFAULT_PREFERENCES)
    expect(parsePreferences('{')).toEqual(DEFAULT_PREFERENCES)
    expect(parsePreferences('{"theme":"pink","density":7}')).toEqual(DEFAULT_PREFERENCES)
    const mine = { ...DEFAULT_PREFERENCES, theme: 'dark', density: 'comfortable', letters: false } as const
    expect(parsePreferences(JSON.stringify(mine))).toEqual(mine)
  })

  test('CONSOLE-14 selections and messages are bounded', () => {
    expect([...toggleOne(new Set(['a']), 'b')]).toEqual(['a', 'b'])
    expect([...toggleOne(new Set(['a']), 'a')]).toEqual([])
    expect([...toggleAll(new Set(['a']), ['a', 'b'])]).toEqual(['a', 'b'])
    expect([...toggleAll(new Set(['a', 'b']), ['a', 'b'])]).toEqual([])
    const toast = (id: number): Toast => ({ id, tone: 'plain', text: `t${id}` })
    const many = [1, 2, 3, 4, 5, 6].reduce<readonly Toast[]>(
      (all, id) => reduceToasts(all, { type: 'add', toast: toast(id) }),
      [],
    )
    expect(many.map(({ id }) => id)).toEqual([3, 4, 5, 6])
    expect(reduceToasts(many, { type: 'add', toast: { ...toast(9), text: 't4' } })).toHaveLength(4)
    expect(reduceToasts(many, { type: 'remove', id: 4 })).toHaveLength(3)
  })
})
