import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseQuery } from '../../../protocol/query/index.ts'
import { rolesFor } from '../../../renderer/state/access.ts'
import { rowOf, SQUARES_OF_ALL, toWindow, withSites } from '../../../renderer/state/host-rows.ts'
import { parseLabels } from '../../../renderer/state/invite.ts'
import { passphraseProblem } from '../../../renderer/state/passphrase.ts'
import { reachText, sendText } from '../../../renderer/state/publish.ts'
import { type FacetValue, hasValue, toggleValue } from '../../../renderer/state/query-edit.ts'
import { changesOf as rootChanges } from '../../../renderer/state/root-steps.ts'
import { NEW_WAVE, WAVE_PRESETS, waveProblem, waveSpec, waveText } from '../../../renderer/state/waves.ts'
import { accessOf } from '../../support/console/access-view.ts'
import { makeFleet } from '../../support/console/fleet.ts'
import { hostsOf } from '../../support/console/hosts-view.ts'

describe('facets', () => {
  test('CONSOLE-18 a value goes in and out again', () => {
    const failed: FacetValue = { key: 'is', value: 'failed' }
    expect(toggleValue('', failed)).toBe('is:failed')
    expect(toggleValue('is:failed', { key: 'is', value: 'held' })).toBe('is:failed,held')
    expect(toggleValue('is:failed,held -site:oslo', failed)).toBe('is:held -site:oslo')
    expect(toggleValue('-is:failed', failed)).toBe('-is:failed is:failed')
    expect(toggleValue('release:<12', { key: 'release', value: 12 })).toBe('release:<12 release:12')
    expect(toggleValue('label:role=web', { key: 'label', label: 'role', value: 'db' })).toBe('label:role=web,role=db')
    expect(toggleValue('colour:red', failed)).toBe('colour:red')
    expect(hasValue('is:fail*', failed)).toBe(false)
    const value: fc.Arbitrary<FacetValue> = fc.oneof(
      fc.record({
        key: fc.constantFrom('site' as const, 'channel' as const),
        value: fc.string({ minLength: 1, maxLength: 12 }),
      }),
      fc.record({ key: fc.constant('release' as const), value: fc.nat(99) }),
      fc.record({
        key: fc.constant('label' as const),
        label: fc.constantFrom('role', 'arch'),
        value: fc.string({ maxLength: 9 }),
      }),
    )
    fc.assert(
      fc.property(
        value,
        fc.constantFrom('', 'is:failed', 'site:a release:3 label:role=web', 'oslo -site:b'),
        (facet, query) => {
          const added = toggleValue(query, facet)
          fc.pre(!hasValue(query, facet))
          expect(parseQuery(added).ok).toBe(true)
          expect(hasValue(added, facet)).toBe(true)
          expect(hasValue(toggleValue(added, facet), facet)).toBe(false)
        },
      ),
    )
  })
})

describe('sending', () => {
  const hosts = makeFleet(600)

  test('CONSOLE-21 waves as the command line takes them', () => {
    expect(waveSpec(NEW_WAVE)).toBe('5%:healthy=95%:after=30m')
    expect(WAVE_PRESETS.map(({ waves }) => waves.map(waveSpec))).toEqual([
      [],
      ['5%:healthy=95%:after=30m', '25%:healthy=95%:after=30m'],
      ['label:role=canary:healthy=100%:approve'],
    ])
    expect(waveText(NEW_WAVE)).toBe('5 % (95 % healthy, 30 min)')
    expect(waveProblem({ ...NEW_WAVE, select: ' ' }, [])).toContain('Say who')
    expect(waveProblem(NEW_WAVE, [{ ...NEW_WAVE, select: '20%' }])).toContain('rise')
    expect(waveProblem({ ...NEW_WAVE, select: 'site:a' }, [{ ...NEW_WAVE, select: 'site:a' }])).toContain('same hosts')
    expect(waveProblem({ ...NEW_WAVE, select: '20%' }, [NEW_WAVE])).toBeUndefined()
  })

  test('CONSOLE-22 buttons say what happens, in numbers', () => {
    const reach = (select: string, count: number) => ({ number: 1, select, hosts: count, names: [] })
    const preview = { channel: 'web', hosts: 4503, waves: [reach('5%', 240), reach('all', 4263)], warnings: [] }
    expect(sendText(preview, [NEW_WAVE], 1)).toBe('Sign and send to 5 % (240 hosts)')
    expect(sendText(preview, [], 1)).toBe('Sign and send to all (4,503 hosts)')
    expect(sendText(preview, [NEW_WAVE], 2)).toBe('Sign and propose (1 of 2 signatures)')
    expect(
      reachText([
        { hosts: 3, offline: 1 },
        { hosts: 1, offline: 0 },
      ]),
    ).toBe('Reaches 4 hosts in 2 sites; 1 is away now and follows when they return.')
  })

  test('CONSOLE-22 a step about keys is complete or it is none', () => {
    const access = accessOf(3)
    const role = access.roles[1]
    if (role === undefined) throw new Error('no role')
    const input = { key: 'ab'.repeat(32), holder: ' Cy ', threshold: 2, channels: 'map*', days: 30 }
    expect(rootChanges({ kind: 'add', role }, input)).toEqual([
      { change: 'add', role: 'publisher', channels: '*', key: input.key, holder: 'Cy' },
    ])
    expect(rootChanges({ kind: 'add', role }, { ...input, key: 'ab' })).toBeUndefined()
    expect(rootChanges({ kind: 'threshold', role }, input)).toEqual([
      { change: 'threshold', role: 'publisher', channels: '*', threshold: 2 },
    ])
    expect(rootChanges({ kind: 'threshold', role }, { ...input, threshold: 1 })).toBeUndefined()
    expect(rootChanges({ kind: 'channels' }, { ...input, channels: 'Map' })).toBeUndefined()
    expect(rolesFor(access, 'maps')?.channels).toBe('*')
    expect(parseLabels('role=web arch=x64')).toEqual({ ok: true, labels: { role: 'web', arch: 'x64' } })
    expect([parseLabels('role'), parseLabels('a=1 a=2'), parseLabels('=x')].map(({ ok }) => ok)).toEqual([
      false,
      false,
      false,
    ])
    expect(
      [passphraseProblem('short', 'short'), passphraseProblem('a long passphrase', 'another one here')].every(
        (text) => text !== undefined,
      ),
    ).toBe(true)
  })

  test('CONSOLE-23 windows of rows', () => {
    expect(toWindow(0, 30, 200)).toEqual({ first: 0, count: 100 })
    expect(toWindow(3, 30, 200)).toEqual(toWindow(0, 30, 200))
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 10, max: 120 }), (first, count) => {
        const window = toWindow(first, count, 200)
        expect(window.first).toBeLessThanOrEqual(first)
        expect(window.count).toBeLessThanOrEqual(200)
        expect(window.first + window.count).toBeGreaterThanOrEqual(Math.min(first + count, window.first + 200))
      }),
    )
    expect(rowOf({ first: 10, rows: hosts.slice(10, 20) }, 12)).toBe(hosts[12])
    expect(rowOf(undefined, 12)).toBeUndefined()
  })

  test('CONSOLE-18 the sites of what was found stay where a picture says that they are as before', async () => {
    const picture = hostsOf(hosts, SQUARES_OF_ALL)
    const pictures = async function* () {
      yield picture
      yield { ...picture, sites: null }
      yield { ...picture, sites: [] }
    }
    const shown: unknown[] = []
    for await (const { sites } of withSites(pictures())) shown.push(sites)
    expect(shown).toEqual([picture.sites, picture.sites, []])
  })
})
