import { describe, expect, test } from 'vitest'
import { chmodSync, existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtConsole } from '../../../node-agent/web/index.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { cli } from '../../support/run-cli.ts'

/** A checkout whose build tool is a script of this test. */
async function checkout(script: string): Promise<string> {
  const root = await tempDir()
  for (const folder of ['renderer', 'protocol', 'node_modules/electron-vite/bin'])
    mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'renderer/index.html'), '')
  writeFileSync(join(root, 'node_modules/electron-vite/bin/electron-vite.js'), script)
  chmodSync(join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 0o755)
  return root
}

const build = (root: string, notes: string[] = [], signal = new AbortController().signal): Promise<string> =>
  builtConsole({ root, node: process.execPath, note: (line) => void notes.push(line), signal })

const WORKS = `const fs = require('node:fs'); fs.mkdirSync('out/renderer', { recursive: true }); fs.writeFileSync('out/renderer/index.html', process.argv[2])`

describe('the page that shoal web serves', () => {
  test('WEB-7 it is built once in a checkout', async () => {
    const root = await checkout(WORKS)
    const notes: string[] = []
    const folder = await build(root, notes)
    expect(existsSync(join(folder, 'index.html'))).toBe(true)
    expect(await build(root, notes)).toBe(folder)
    expect(notes).toEqual(['the console is not built yet; building it'])
  })

  test('WEB-7 it is built again when its sources are newer', async () => {
    const root = await checkout(WORKS)
    const notes: string[] = []
    const page = join(await build(root, notes), 'index.html')
    const sourceSeconds = Date.now() / 1000
    utimesSync(page, sourceSeconds - 60, sourceSeconds - 60)
    await build(root, notes)
    await build(root, notes)
    expect(notes).toEqual([
      'the console is not built yet; building it',
      'the console is older than its sources; building it',
    ])
  })

  test('WEB-7 a build that fails says why; elsewhere it is CONSOLE_NOT_BUILT', async () => {
    const root = await checkout(`console.error('no such loader'); process.exit(1)`)
    await expect(build(root)).rejects.toMatchObject({
      code: 'CONSOLE_NOT_BUILT',
      message: expect.stringContaining('no such loader'),
    })
    await expect(build(await tempDir())).rejects.toMatchObject({ code: 'CONSOLE_NOT_BUILT' })
    const { code, stdout, stderr } = await cli({ argv: ['web'], home: await tempDir() })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('shoal: CONSOLE_NOT_BUILT: ')
  })

  test('WEB-7 an interrupted build is stopped', async () => {
    const root = await checkout('setInterval(() => undefined, 1000)')
    const stop = new AbortController()
    const building = build(root, [], stop.signal)
    stop.abort()
    await expect(building).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
