import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../node-agent/config/index.ts'
import { FolderTable } from '../../../node-agent/preview/index.ts'
import { createLocalClient, parseRequest } from '../../../protocol/control/index.ts'
import type { Caller, FolderRow } from '../../../protocol/control/index.ts'
import { fakeHandlers } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'

const aCaller = (): Caller => ({ gone: new AbortController().signal })
const GONE = { code: 'NO_SUCH_FOLDER' }

/** `root/site/css`, a secret beside it, and links. */
async function scene() {
  const top = await realpath(await tempDir())
  const root = join(top, 'root')
  mkdirSync(join(root, 'site', 'css'), { recursive: true })
  mkdirSync(join(root, 'other'))
  mkdirSync(join(top, 'secret', 'deep'), { recursive: true })
  writeFileSync(join(root, 'site', 'index.html'), 'x')
  const folders = new FolderTable({ roots: [root] })
  const caller = aCaller()
  const [first] = (await folders.list(caller, null)).rows
  if (first === undefined) throw new Error('no root')
  const open = async (row: FolderRow, name: string): Promise<FolderRow> => {
    const found = (await folders.list(caller, row.id)).rows.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no ${name}`)
    return found
  }
  return { top, root, folders, caller, first, open }
}

describe('folders by ids', () => {
  test('PREV-1 the roots, what is in them, and the way down; the same folder keeps its id', async () => {
    const { root, folders, caller, first, open } = await scene()
    expect(first).toMatchObject({ name: 'root', path: root })
    const listed = await folders.list(caller, first.id)
    expect(listed.rows.map(({ name }) => name)).toEqual(['other', 'site'])
    const css = await open(await open(first, 'site'), 'css')
    const inside = await folders.list(caller, css.id)
    expect(inside).toMatchObject({ rows: [], truncated: false })
    expect(inside.above.map(({ name }) => name)).toEqual(['root', 'site', 'css'])
    expect(inside.above[0]?.id).toBe(first.id)
    expect(await folders.resolve(caller, css.id)).toBe(join(root, 'site', 'css'))
  })

  test('PREV-1 an id is good for the caller that it was given to, and for nobody else', async () => {
    const { root, folders, caller, first } = await scene()
    await expect(folders.resolve(aCaller(), first.id)).rejects.toMatchObject(GONE)
    await expect(folders.list(aCaller(), first.id)).rejects.toMatchObject(GONE)
    await expect(folders.resolve(caller, 'x'.repeat(22))).rejects.toMatchObject(GONE)
    expect(await folders.resolve(caller, first.id)).toBe(root)
  })

  test('PREV-1 links are resolved: within the root they lead on, out of it they are not there', async () => {
    const { top, root, folders, caller, first } = await scene()
    symlinkSync(join(root, 'site'), join(root, 'again'))
    symlinkSync(join(top, 'secret'), join(root, 'out'))
    symlinkSync('../secret/deep', join(root, 'deep'))
    symlinkSync('nowhere', join(root, 'void'))
    const { rows } = await folders.list(caller, first.id)
    expect(rows.map(({ path }) => path)).toEqual([join(root, 'site'), join(root, 'other')])
  })

  test('PREV-1 what was put in the place of a folder since is refused', async () => {
    const { top, root, folders, caller, first, open } = await scene()
    const site = await open(first, 'site')
    const css = await open(site, 'css')
    renameSync(join(root, 'site'), join(root, 'moved'))
    await expect(folders.resolve(caller, css.id)).rejects.toMatchObject(GONE)
    symlinkSync(join(top, 'secret'), join(root, 'site'))
    mkdirSync(join(top, 'secret', 'css'))
    await expect(folders.resolve(caller, site.id)).rejects.toMatchObject(GONE)
    await expect(folders.resolve(caller, css.id)).rejects.toMatchObject(GONE)
    await expect(folders.list(caller, site.id)).rejects.toMatchObject(GONE)
  })

  test('PREV-1 a folder chosen in a dialog is one more root, for that caller alone', async () => {
    const { top, folders, caller } = await scene()
    const chosen = await folders.grant(caller, join(top, 'secret'))
    expect((await folders.list(caller, null)).rows.map(({ name }) => name)).toEqual(['root', 'secret'])
    expect((await folders.list(caller, chosen.id)).rows.map(({ name }) => name)).toEqual(['deep'])
    expect((await folders.list(aCaller(), null)).rows.map(({ name }) => name)).toEqual(['root'])
    await expect(folders.grant(caller, join(top, 'nowhere'))).rejects.toMatchObject(GONE)
    rmSync(join(top, 'secret'), { recursive: true })
    await expect(folders.resolve(caller, chosen.id)).rejects.toMatchObject(GONE)
  })

  test('PREV-1 roots are absolute paths of config.toml', async () => {
    const { webRoots } = await parseConfig('[web]\nroots = ["/srv/build"]', 'config.toml')
    expect(webRoots).toEqual(['/srv/build'])
    const wrong = parseConfig('[web]\nroots = ["build"]', 'config.toml')
    await expect(wrong).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('PREV-1 without roots there is nothing to choose', async () => {
    expect(await new FolderTable({ roots: ['/nowhere/at/all'] }).list(aCaller(), null)).toEqual({
      above: [],
      rows: [],
      truncated: false,
    })
  })
})

describe('callers', () => {
  test('CTL-14 every client in process is a caller of its own, the same at each call, and gone when it closes', async () => {
    const callers: (Caller | undefined)[] = []
    const handlers = fakeHandlers({
      folders: async (_req, _signal, caller) => {
        callers.push(caller)
        return { above: [], rows: [], truncated: false }
      },
    })
    const create = () => createLocalClient({ handlers, parse: parseRequest, onUnexpected: () => undefined })
    const [one, other] = [create(), create()]
    await one.call('folders', { folder: null })
    await one.call('folders', { folder: null })
    await other.call('folders', { folder: null })
    const [first, again, second] = callers
    expect(first).toBeDefined()
    expect(again).toBe(first)
    expect(second).not.toBe(first)
    await one.close()
    expect([first?.gone.aborted, second?.gone.aborted]).toEqual([true, false])
    await other.close()
  })
})
