import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PREVIEW_LIMITS } from '../../../node-agent/preview/limits.ts'
import { previewHome } from '../../support/preview-home.ts'

const STALE = 'STALE_PREVIEW'

describe('publishing what was previewed', () => {
  test('PREV-8 publishes exactly that, globs included, as a publish of the folder would', async () => {
    const { window, put, preview, send } = await previewHome()
    put('a', 'alpha')
    put('d/b', 'beta')
    put('secret', 'no')
    put('shoal.toml', 'maxWindowMs = 9')
    const { ticket } = await preview(['secret'])
    expect(await send(ticket)).toMatchObject({ channel: 'web', sequence: 1, entries: 4, bytes: 9, newBytes: 9 })
    const paths: string[] = []
    for await (const page of window.stream('show', { channel: 'web', sequence: null }))
      paths.push(...page.map(({ path }) => path))
    expect(paths).toEqual(['', 'a', 'd', 'd/b'])
    await expect(send(ticket)).rejects.toMatchObject({ code: STALE })
    const again = await preview(['secret'])
    expect(again.result).toMatchObject({ against: 1, added: 0, changed: 0, removed: 0, newBytes: 0, unchanged: 3 })
  })

  test('PREV-8 a folder that changed since is refused by name, and the channel stays as it was', async () => {
    const { dir, window, put, publish, preview, send } = await previewHome()
    for (const path of ['a', 'b', 'c', 'd/x']) put(path)
    await publish()
    const { ticket } = await preview()
    put('a', 'z')
    rmSync(join(dir, 'b'))
    put('new', 'n')
    const refused = await send(ticket).catch((err: unknown) => err)
    expect(refused).toMatchObject({
      code: STALE,
      message:
        '3 paths are not what was previewed: a has changed; b is gone; new is new. Nothing was published; look at the folder again',
    })
    expect((await window.call('releases', { channel: 'web' })).map(({ sequence }) => sequence)).toEqual([1])
    expect(await send((await preview()).ticket)).toMatchObject({ sequence: 2, entries: 6 })
  })

  test.each([
    ['a file of the same size and time', (dir: string) => rewrite(join(dir, 'a'))],
    ['shoal.toml', (dir: string) => writeFileSync(join(dir, 'shoal.toml'), '')],
    ['many files', (dir: string) => many(dir)],
  ])('PREV-8 %s that changed is seen', async (_, change) => {
    const { dir, put, preview, send } = await previewHome()
    put('a', '12345')
    const { ticket } = await preview()
    change(dir)
    await expect(send(ticket)).rejects.toMatchObject({ code: STALE })
  })

  test('PREV-8 what changed only in what was left out, and the time of its directory, is nothing', async () => {
    const { put, preview, send } = await previewHome()
    put('a')
    put('logs/one')
    const { ticket } = await preview(['logs/**', '*.tmp'])
    put('logs/two')
    put('x.tmp')
    expect(await send(ticket)).toMatchObject({ sequence: 1, entries: 3 })
  })

  test('PREV-8 a head that is not what was compared with is refused', async () => {
    const { put, publish, preview, send } = await previewHome()
    put('a')
    const { ticket } = await preview()
    await publish()
    const message = expect.stringContaining('it was compared with no release, and the channel is at web@1 now')
    await expect(send(ticket)).rejects.toMatchObject({ code: STALE, message })
  })

  test('PREV-7 a ticket is good for its caller alone, and for a while', async () => {
    const { connect, put, preview, send, clock } = await previewHome()
    put('a')
    const { ticket, result } = await preview()
    expect(result.expiresMs).toBeGreaterThan(Date.now() + PREVIEW_LIMITS.ticketMs - 60_000)
    await expect(send(ticket, connect())).rejects.toMatchObject({ code: STALE })
    await expect(send('x'.repeat(22))).rejects.toMatchObject({ code: STALE })
    clock.offsetMs = PREVIEW_LIMITS.ticketMs + 1000
    await expect(send(ticket)).rejects.toMatchObject({ code: STALE })
  })

  test('PREV-7 a caller has so many; the oldest goes', async () => {
    const { put, preview, send } = await previewHome()
    put('a')
    const { ticket: first } = await preview()
    for (let i = 0; i < PREVIEW_LIMITS.ticketsPerCaller; i++) await preview()
    await expect(send(first)).rejects.toMatchObject({ code: STALE })
    expect(await send((await preview()).ticket)).toMatchObject({ sequence: 1 })
  })
})

/** Other content under the same size and time. */
function rewrite(path: string): void {
  writeFileSync(path, '54321')
  utimesSync(path, 1_700_000_000, 1_700_000_000)
}

function many(dir: string): void {
  for (let i = 0; i < 20; i++) writeFileSync(join(dir, `n${i}`), '')
}

describe('both sides of a path', () => {
  test('PREV-6 text, old and new, also of what was renamed, added or removed', async () => {
    const { dir, window, put, publish, preview } = await previewHome()
    put('conf', 'old\n')
    put('gone', 'bye')
    put('from', 'moved')
    await publish()
    put('conf', 'new\n')
    rmSync(join(dir, 'gone'))
    rmSync(join(dir, 'from'))
    put('to', 'moved')
    put('fresh', 'høy')
    const { ticket } = await preview()
    const text = (path: string) => window.call('previewText', { ticket, path })
    const side = (words: string, size = words.length) => ({ kind: 'text', size, text: words, dump: null })
    expect(await text('conf')).toEqual({ before: side('old\n'), after: side('new\n') })
    expect(await text('gone')).toEqual({ before: side('bye'), after: null })
    expect(await text('to')).toEqual({ before: side('moved'), after: side('moved') })
    expect(await text('fresh')).toEqual({ before: null, after: side('høy', 4) })
    await expect(text('nowhere')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('PREV-6 binary and long files by their first bytes, and where links lead', async () => {
    const { window, put, publish, preview } = await previewHome()
    put('bin', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1]))
    put('latin', new Uint8Array([0x68, 0xf8, 0x79]))
    await publish()
    put('bin', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 2]))
    put('long', 'x'.repeat(600 * 1024))
    const { ticket } = await preview()
    const { before, after } = await window.call('previewText', { ticket, path: 'bin' })
    expect(before).toEqual({
      ...{ kind: 'binary', size: 6, text: null },
      dump: '00000000  7f 45 4c 46 00 01                                 |.ELF..|',
    })
    expect(after?.dump).toContain('00 02')
    expect((await window.call('previewText', { ticket, path: 'latin' })).after).toMatchObject({ kind: 'binary' })
    const long = await window.call('previewText', { ticket, path: 'long' })
    expect(long.after).toMatchObject({ kind: 'long', size: 600 * 1024, text: null })
    expect(long.after?.dump?.split('\n')).toHaveLength(32)
  })

  test('PREV-6 a file that changed since is not shown as what was previewed', async () => {
    const { window, put, preview } = await previewHome()
    put('a', 'one')
    const { ticket } = await preview()
    put('a', 'two')
    await expect(window.call('previewText', { ticket, path: 'a' })).rejects.toMatchObject({ code: STALE })
  })
})
