import { chmodSync, linkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PreviewRow } from '../../../protocol/control/index.ts'
import { previewHome } from '../../support/preview-home.ts'

const brief = (rows: readonly PreviewRow[]) => rows.map(({ what, path, from }) => [what, path, from])

describe('looking at a folder', () => {
  test('PREV-2 everything is new without a head, and each row says what it brings', async () => {
    const { put, preview } = await previewHome()
    put('a.txt', 'alpha')
    put('d/b.bin', new Uint8Array([1, 0, 2]))
    const { rows, result, ticket } = await preview()
    expect(brief(rows)).toEqual([
      ['added', 'a.txt', null],
      ['added', 'd', null],
      ['added', 'd/b.bin', null],
    ])
    expect(rows.map(({ newBytes, text }) => [newBytes, text])).toEqual([
      [5, true],
      [null, false],
      [3, false],
    ])
    expect(result).toMatchObject({
      against: 0,
      added: 3,
      changed: 0,
      removed: 0,
      renamed: 0,
      unchanged: 0,
      newBytes: 8,
    })
    expect(result).toMatchObject({ entries: 4, bytes: 8, channel: 'web' })
    expect(ticket).toMatch(/^[\w-]{22}$/)
  })

  test('PREV-2 added, changed, removed and renamed against the head, as publishing would have it', async () => {
    const { dir, put, publish, preview } = await previewHome()
    for (const path of ['same', 'edited', 'gone', 'from', 'mode', 'd/x']) put(path)
    linkSync(join(dir, 'same'), join(dir, 'twin'))
    symlinkSync('same', join(dir, 'link'))
    await publish()
    put('edited', 'other')
    put('new', 'fresh')
    rmSync(join(dir, 'gone'))
    renameSync(join(dir, 'from'), join(dir, 'to'))
    chmodSync(join(dir, 'mode'), 0o600)
    rmSync(join(dir, 'link'))
    symlinkSync('twin', join(dir, 'link'))
    const { rows, result } = await preview()
    expect(brief(rows)).toEqual([
      ['changed', 'edited', null],
      ['removed', 'gone', null],
      ['changed', 'link', null],
      ['changed', 'mode', null],
      ['added', 'new', null],
      ['renamed', 'to', 'from'],
    ])
    expect(rows.map(({ detail }) => detail)).toEqual(['content', '', 'target same → twin', 'mode 0644 → 0600', '', ''])
    expect(rows[0]).toMatchObject({ sizeBefore: 6, sizeAfter: 5, newBytes: 5 })
    expect(result).toMatchObject({
      against: 1,
      added: 1,
      changed: 3,
      removed: 1,
      renamed: 1,
      unchanged: 4,
      newBytes: 10,
    })
  })

  test('PREV-2 a file touched and otherwise the same is told by its time alone, and one that is not touched is not', async () => {
    const { put, publish, preview, age } = await previewHome()
    put('touched')
    put('still')
    await publish()
    age('touched')
    const { rows } = await preview()
    expect(rows.map(({ path, detail, newBytes }) => [path, detail, newBytes])).toEqual([['touched', 'time', 0]])
  })

  test('PREV-2 what stats tell comes before any content was read', async () => {
    const { put, publish, preview } = await previewHome()
    put('old')
    await publish()
    put('fresh', 'x')
    const { items } = await preview()
    const [first] = items.filter(({ kind }) => kind === 'rows')
    expect(first).toMatchObject({ kind: 'rows', rows: [{ path: 'fresh', newBytes: null, what: 'added' }] })
    expect(items.findIndex(({ kind }) => kind === 'updates')).toBeGreaterThan(
      items.findIndex(({ kind }) => kind === 'rows'),
    )
  })

  test('PREV-3 globs leave out paths with all that is below, and the folder is not walked again to leave out more', async () => {
    const { dir, put, preview } = await previewHome()
    for (const path of ['keep', 'logs/a', 'logs/deep/b', 'x.tmp', 'd/y.tmp']) put(path)
    expect(brief((await preview(['logs'])).rows).map(([, path]) => path)).toEqual(['d', 'd/y.tmp', 'keep', 'x.tmp'])
    writeFileSync(join(dir, 'later'), 'unseen')
    const more = await preview(['logs', '**/*.tmp', '*.tmp'])
    expect(more.rows.map(({ path }) => path)).toEqual(['d', 'keep'])
  })

  test.for([
    ['the same', ['logs']],
    ['fewer', []],
    ['others', ['d', 'x.tmp']],
  ] as const)('PREV-3 with %s globs it is walked again', async ([, globs]) => {
    const { put, preview } = await previewHome()
    for (const path of ['keep', 'logs/a', 'x.tmp', 'd/y.tmp']) put(path)
    await preview(['logs'])
    put('later')
    expect((await preview(globs)).rows.map(({ path }) => path)).toContain('later')
  })

  test('PREV-3 what is left out is removed from the channel', async () => {
    const { put, publish, preview } = await previewHome()
    put('keep')
    put('logs/a')
    await publish()
    expect(brief((await preview(['logs'])).rows)).toEqual([
      ['removed', 'logs', null],
      ['removed', 'logs/a', null],
    ])
  })

  test('PREV-3 a wrong glob is refused before anything is read', async () => {
    const { preview } = await previewHome()
    await expect(preview(['a//b'])).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('PREV-4 it ends at once when it is cancelled, and another one begins', async () => {
    const { window, put, preview, folderId } = await previewHome()
    for (let i = 0; i < 600; i++) put(`d${i % 20}/f${i}`, 'x'.repeat(3000))
    const abort = new AbortController()
    const request = { folder: await folderId(), channel: 'web', exclude: [] }
    const stream = window.stream('publishPreview', request, { signal: abort.signal })
    await stream.next()
    abort.abort()
    await expect(stream.next()).rejects.toMatchObject({ code: 'CANCELLED' })
    const left = window.stream('publishPreview', request)
    await left.next()
    await left.return(undefined as never)
    expect((await preview()).result.added).toBe(620)
  })

  test('PREV-4 more at once than are read wait for their turn', async () => {
    const { connect, put, preview } = await previewHome()
    put('a')
    const all = await Promise.all(Array.from({ length: 5 }, () => preview([], connect())))
    expect(all.map(({ result }) => result.added)).toEqual([1, 1, 1, 1, 1])
  })

  test('PREV-4 a folder that is not the window’s is refused', async () => {
    const { window, connect, folderId } = await previewHome()
    const request = { folder: await folderId(), channel: 'web', exclude: [] }
    await expect(connect().stream('publishPreview', request).next()).rejects.toMatchObject({ code: 'NO_SUCH_FOLDER' })
    expect((await window.stream('publishPreview', request).next()).done).toBe(false)
  })
})
