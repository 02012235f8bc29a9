import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ControlClient } from '../../../protocol/control/window.ts'
import { parseTreePath, toByteString } from '../../../protocol/ids/index.ts'
import { compileGlobs } from '../../../protocol/manifest/globs.ts'
import { type Change, ChangeIndex, deltaOf, flattenTree } from '../../../renderer/state/change-tree.ts'
import { exactGlob, folderGlobs, type PreviewState, readPreview } from '../../../renderer/state/preview.ts'
import { PreviewRows } from '../../../renderer/state/preview-rows.ts'
import { diffTexts } from '../../../renderer/state/text-diff.ts'
import { changesOf, previewOf } from '../../support/console/publish-view.ts'

/** All changes as a tree, taken in slices of any size. */
function treeOf<T extends Change>(changes: readonly T[], slice = 7) {
  const index = new ChangeIndex<T>(() => true)
  while (!index.take(changes, changes.length, slice)) expect(index.matched.length % slice).toBe(0)
  return index.tree
}

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
          const pathAt = (place: number): string => changes[place]?.path ?? 'none'
          const rows = flattenTree(treeOf(changes), pathAt, () => true)
          const shown = rows
            .map((row) => (row.kind === 'change' ? row.place : row.own))
            .filter((one) => one !== undefined)
          expect(new Set(shown)).toEqual(new Set(changes.keys()))
          expect(shown).toHaveLength(changes.length)
          // A folder that is made or removed is no second row beside what is in it.
          const folders = new Set(rows.flatMap((row) => (row.kind === 'folder' ? [row.path] : [])))
          expect(rows.filter((row) => row.kind === 'change' && folders.has(pathAt(row.place)))).toEqual([])
          for (const row of rows)
            if (row.kind === 'change') expect(pathAt(row.place).slice(row.above)).not.toContain('/')
          for (const row of rows) {
            if (row.kind !== 'folder') continue
            const below = changes.filter((one) => one.path.startsWith(`${row.path}/`))
            expect(row.sums.added).toBe(below.filter((one) => one.what === 'added').length)
            expect(row.sums.bytes).toBe(below.reduce((sum, one) => sum + deltaOf(one), 0))
          }
        },
      ),
    )
    const closed = flattenTree(
      treeOf(changesOf(30_000), 2_000),
      () => '',
      () => false,
    )
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

  test('CONSOLE-24 what counts alike takes its place in the same list, and only what does not makes another one', () => {
    const rows = new PreviewRows()
    const [first, second, third] = changesOf(8)
    if (first === undefined || second === undefined || third === undefined) throw new Error('no changes')
    rows.add([first, second])
    const { list } = rows
    const better = { ...first, newBytes: 1, detail: 'mode' }
    rows.update({ changed: [better, third], gone: [] })
    expect(rows.isHeld).toBe(false)
    expect(rows.list).toBe(list)
    expect(list).toEqual([better, second, third])
    const renamed = { ...second, what: 'renamed' as const, from: 'x' }
    rows.update({ changed: [renamed], gone: [third.path, 'never told'] })
    expect(list).toEqual([better, second, third])
    // What comes later holds, whatever was held.
    rows.update({ changed: [{ ...renamed, newBytes: 7 }], gone: [] })
    expect(rows.isHeld).toBe(true)
    rows.renew()
    expect(rows.isHeld).toBe(false)
    expect(rows.list).not.toBe(list)
    expect(rows.list).toEqual([better, { ...renamed, newBytes: 7 }])
    const total = Object.values(rows.counts).reduce((sum, count) => sum + count, 0)
    expect(total).toBe(2)
    expect(rows.counts.renamed).toBe(1)
    rows.update({ changed: [third], gone: [] })
    expect(rows.list).toEqual([better, { ...renamed, newBytes: 7 }, third])
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
