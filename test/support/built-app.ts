import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alone } from './alone.ts'

/** The checkout; its `out` is what electron-vite builds. */
export const CHECKOUT = join(import.meta.dirname, '../..')

const SOURCES = ['protocol', 'node-agent', 'main', 'renderer'] as const
const STAMP = join(CHECKOUT, 'out/.built')

/** The checkout with `out` built from what its sources are now. @throws Error with what the build said */
export async function builtApp(): Promise<string> {
  // One lock a checkout: several may be tested on one machine.
  const id = createHash('sha256').update(CHECKOUT).digest('hex').slice(0, 12)
  await alone(`build-${id}`, () => {
    const startedMs = Date.now()
    if (existsSync(STAMP) && statSync(STAMP).mtimeMs >= newestMs()) return
    const args = [join(CHECKOUT, 'node_modules/electron-vite/bin/electron-vite.js'), 'build']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: CHECKOUT, encoding: 'utf8' })
    if (status !== 0) throw new Error(`electron-vite build failed:\n${stdout}${stderr}`)
    writeFileSync(STAMP, '')
    utimesSync(STAMP, startedMs / 1000, startedMs / 1000)
  })
  return CHECKOUT
}

/** When the newest source, or folder of sources, was changed. */
function newestMs(): number {
  const paths = SOURCES.flatMap((folder) =>
    readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  const all = ['electron.vite.config.ts', 'package.json', ...SOURCES, ...paths]
  return Math.max(...all.map((path) => statSync(join(CHECKOUT, path)).mtimeMs))
}
