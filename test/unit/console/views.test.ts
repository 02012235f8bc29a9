import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ControlClient, NetworkLink } from '../../../protocol/control/window.ts'
import { compileGlobs } from '../../../protocol/manifest/globs.ts'
import { parseTreePath, toByteString } from '../../../protocol/ids/index.ts'
import { parseQuery } from '../../../protocol/query/index.ts'
import { rolesFor } from '../../../renderer/state/access.ts'
import { type Change, ChangeIndex, deltaOf, flattenTree } from '../../../renderer/state/change-tree.ts'
import { rowOf, toWindow } from '../../../renderer/state/host-rows.ts'
import { parseLabels } from '../../../renderer/state/invite.ts'
import { layOut } from '../../../renderer/state/layout.ts'
import { createLinkStates, linkText, partText, toLayoutInput } from '../../../renderer/state/network.ts'
import { passphraseProblem } from '../../../renderer/state/passphrase.ts'
import { exactGlob, folderGlobs, type PreviewState, readPreview } from '../../../renderer/state/preview.ts'
import { reachText, sendText } from '../../../renderer/state/publish.ts'
import { type FacetValue, hasValue, toggleValue } from '../../../renderer/state/query-edit.ts'
import { changesOf as rootChanges } from '../../../renderer/state/root-steps.ts'
import { diffTexts } from '../../../renderer/state/text-diff.ts'
import { NEW_WAVE, WAVE_PRESETS, waveProblem, waveSpec, waveText } from '../../../renderer/state/waves.ts'
import { accessOf } from '../../support/console/access-view.ts'
import { HOUR, makeFleet, NOW } from '../../support/console/fleet.ts'
import { networkOf } from '../../support/console/other-views.ts'
import { changesOf, previewOf } from '../../support/console/publish-view.ts'

/** All changes as a tree, taken in slices of any size. */
function treeOf<T extends Change>(changes: readonly T[], slice = 7) {
  const index = new ChangeIndex<T>(() => true)
  while (!index.take(changes, changes.length, slice)) expect(index.matched.length % slice).toBe(0)
  return index.tree
}

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

describe('changes', () => {
  test('CONSOLE-19 sums are exact at every folder, and every change is there once', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('/'))
    const change = fc.record({
      what: fc.constantFrom('added' as const, 'changed' as const, 'removed' as const, 'renamed' as const),
      path,
      sizeBefore: fc.option(fc.nat(1000)),
      sizeAfter: fc.option(fc.nat(1000)),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(change, { maxLength: 40, selector: (one) => one.path }),
        (changes: readonly Change[]) => {
          const rows = flattenTree(treeOf(changes), () => true)
          const shown = rows
            .map((row) => (row.kind === 'change' ? row.change : row.own))
            .filter((one) => one !== undefined)
          expect(new Set(shown)).toEqual(new Set(changes))
          expect(shown).toHaveLength(changes.length)
          // A folder that is made or removed is no second row beside what is in it.
          const folders = new Set(rows.flatMap((row) => (row.kind === 'folder' ? [row.path] : [])))
          expect(rows.filter((row) => row.kind === 'change' && folders.has(row.change.path))).toEqual([])
          for (const row of rows) {
            if (row.kind !== 'folder') continue
            const below = changes.filter((one) => one.path.startsWith(`${row.path}/`))
            expect(row.sums.added).toBe(below.filter((one) => one.what === 'added').length)
            expect(row.sums.bytes).toBe(below.reduce((sum, one) => sum + deltaOf(one), 0))
          }
        },
      ),
    )
    const closed = flattenTree(treeOf(changesOf(30_000), 2_000), () => false)
    expect(closed.length).toBeLessThan(10)
    const few = new ChangeIndex<Change>((change) => change.what === 'removed')
    expect(few.take(changesOf(160), 160, 500)).toBe(true)
    expect(few.matched.length).toBe(few.tree.sums.removed)
    expect(few.tree.sums.added).toBe(0)
  })

  test('CONSOLE-20 a difference rebuilds both sides', () => {
    const lines = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 14 })
      .map((all) => all.map((line) => `${line}\n`).join(''))
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffTexts(before, after)
        const shown = diff.blocks.flatMap((block) => (block.kind === 'lines' ? block.lines : []))
        const gaps = diff.blocks.reduce((sum, block) => sum + (block.kind === 'gap' ? block.lines : 0), 0)
        const count = (text: string): number => text.split('\n').length - 1
        const side = (what: 'added' | 'removed'): readonly string[] =>
          shown.filter((line) => line.what !== what).map((line) => line.text)
        expect(side('added').length + gaps).toBe(count(before))
        expect(side('removed').length + gaps).toBe(count(after))
        expect(diff.added - diff.removed).toBe(count(after) - count(before))
        if (gaps === 0)
          expect([side('added').join('\n'), side('removed').join('\n')]).toEqual([
            before.slice(0, -1),
            after.slice(0, -1),
          ])
      }),
    )
    const diff = diffTexts('1\n2\n3\n4\n5\n6\n7\n8\n9\n', '1\n2\n3\n4\nfive\n6\n7\n8\n9\n')
    expect(diff).toMatchObject({ added: 1, removed: 1 })
    expect(diff.blocks.map((block) => block.kind)).toEqual(['gap', 'lines', 'gap'])
    const long = (word: string): string => Array.from({ length: 9_000 }, (_, i) => `${word} ${i}`).join('\n')
    expect(diffTexts(long('a'), long('b'))).toMatchObject({ added: 9_000, removed: 9_000 })
  })

  test('CONSOLE-24 a preview is shown as it is read, and ends with its ticket', async () => {
    const rows = changesOf(30_000)
    let clock = 0
    const client = {
      stream: () => previewOf(rows, 'web'),
    } as unknown as ControlClient
    const pictures: PreviewState[] = []
    for await (const picture of readPreview(
      client,
      { folder: 'f', channel: 'web', exclude: [] },
      new AbortController().signal,
      () => (clock += 10),
    ))
      pictures.push(picture)
    expect(pictures[0]).toMatchObject({ files: 4_000, count: 0, result: undefined })
    expect(pictures.length).toBeLessThan(8)
    expect(pictures.at(-1)).toMatchObject({ count: 30_000, result: { ticket: 'ticket-1' } })
    expect(pictures.at(-1)?.warnings).toHaveLength(4)
  })

  test('CONSOLE-24 what is known better later takes the place of what was shown', async () => {
    const [first, second] = changesOf(8)
    if (first === undefined || second === undefined) throw new Error('no changes')
    const better = { ...first, newBytes: 1 }
    const client = {
      stream: async function* () {
        yield { kind: 'rows', rows: [first, second] }
        yield { kind: 'updates', changed: [better], gone: [second.path] }
        return { ticket: 'ticket-1' }
      },
    } as unknown as ControlClient
    const pictures: PreviewState[] = []
    const request = { folder: 'f', channel: 'web', exclude: [] }
    for await (const picture of readPreview(client, request, new AbortController().signal)) pictures.push(picture)
    expect(pictures.at(-1)?.rows).toEqual([better])
  })

  test('CONSOLE-24 what is left out is exactly that path', () => {
    const name = fc
      .string({ unit: fc.constantFrom('a', '*', '?', '[', ']', '\\', '!', '{', '.', '-'), minLength: 1, maxLength: 6 })
      .filter((one) => one !== '.' && one !== '..')
    fc.assert(
      fc.property(name, name, (one, other) => {
        const matches = compileGlobs([exactGlob(one)])
        expect(matches(parseTreePath(one))).toBe(true)
        expect(matches(parseTreePath(other))).toBe(one === other)
        expect(
          compileGlobs([exactGlob(toByteString(new TextEncoder().encode(`ø${one}`)))])(
            parseTreePath(toByteString(new TextEncoder().encode(`ø${one}`))),
          ),
        ).toBe(true)
        expect(compileGlobs([exactGlob(`\xff${one}`)])(parseTreePath(`\xff${one}`))).toBe(true)
        expect(compileGlobs(folderGlobs(one))(parseTreePath(`${one}/${other}`))).toBe(true)
      }),
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

  test('CONSOLE-25 the same network has the same map, and no site lies upon another', () => {
    const input = toLayoutInput(networkOf(hosts))
    const points = layOut(input)
    expect(points).toEqual(layOut(input))
    for (const [i, a] of points.entries())
      for (const [j, b] of points.entries())
        if (i < j)
          expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan((input.radii[i] ?? 0) + (input.radii[j] ?? 0))
    expect(layOut({ radii: [], links: [] })).toEqual([])
  })

  test('LINKS-11 every link says in words how it stands, and a part apart who says so', () => {
    const update = networkOf(hosts)
    const stateOf = createLinkStates(update)
    expect(update.links.map((link) => [link.a, link.b, stateOf(link)])).toContainEqual(['fra1', 'syd1', 'cut'])
    const whole = { ...update, parts: [{ sites: ['fra1', 'syd1'], hosts: 2, heardMs: 0, deniedBy: 0 }] }
    const [first] = update.links
    if (first === undefined) throw new Error('no link')
    const link = (more: Partial<NetworkLink>) => ({ ...first, ...more })
    const stale = link({ a: 'fra1', b: 'syd1', stale: true, heardMs: NOW - HOUR })
    expect(createLinkStates(whole)(stale)).toBe('stale')
    expect(linkText(stale, NOW)).toBe('60 min ago')
    expect(createLinkStates(whole)(link({ hosts: 4, relayed: 4 }))).toBe('relayed')
    const told = link({ hosts: 4, relayed: 4, rateToA: 2 ** 20, rateToB: null, roundTripMs: 22.6 })
    expect(linkText(told, NOW)).toBe('1.0 MiB/s · 23 ms · relayed')
    expect(linkText(link({ rateToA: null, rateToB: null, roundTripMs: null }), NOW)).toBe('')
    const part = { sites: ['syd1'], hosts: 163, heardMs: NOW - 4 * HOUR, deniedBy: 1204 }
    expect(partText(part, NOW)).toBe(
      'syd1 (163 hosts) is cut off: none of the 1,204 hosts that tell which sites they reach reaches it; the last word is 4 h old.',
    )
    expect(partText({ ...part, deniedBy: 0, heardMs: null }, NOW)).toBe(
      'Nothing is heard of syd1 (163 hosts), and no host says which sites it reaches.',
    )
    const many = { ...part, sites: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], deniedBy: 1 }
    expect(partText(many, NOW)).toContain('a, b, c, d, e, f and 2 more (163 hosts) are cut off: the one host')
  })
})
